"""Patches around pixels: which pixels, which patches, in chunks or at once."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import patch_scores

SIDE = 3


def layer(stride: int = 1, training_stride: int = 1, chunk: int = 4) -> patch_scores.PatchScores:
    """Gives the middle pixel of each patch and the pixel in its lower right corner."""
    patch = keras.Input((SIDE, SIDE, 1))
    kernel = np.zeros((SIDE, SIDE, 1, 2))
    kernel[1, 1, 0, 0] = kernel[2, 2, 0, 1] = 1
    values = keras.layers.Conv2D(2, SIDE, use_bias=False)
    classifier = keras.Model(patch, values(patch))
    values.set_weights([kernel])
    return patch_scores.PatchScores(classifier, stride=stride, training_stride=training_stride, chunk=chunk)


def test_middles_of_equal_parts() -> None:
    assert patch_scores.pixels(tf.constant(6), tf.constant(6)).numpy().tolist() == [0, 1, 2, 3, 4, 5]
    assert patch_scores.pixels(tf.constant(12), tf.constant(3)).numpy().tolist() == [2, 6, 10]
    assert patch_scores.pixels(tf.constant(7), tf.constant(2)).numpy().tolist() == [1, 5]


@pytest.mark.parametrize("training", (False, True))
@pytest.mark.parametrize("chunk", (1, 4, 1000))
def test_every_pixel_has_its_patch(training: bool, chunk: int) -> None:
    image = np.random.default_rng(0).normal(size=(2, 5, 7, 1)).astype(np.float32)
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1), (0, 0)))
    found = layer(chunk=chunk)(padded, training=training).numpy()
    np.testing.assert_allclose(found[..., 0], image[..., 0], rtol=1e-6)
    np.testing.assert_allclose(found[..., 1], padded[:, 2:, 2:, 0], rtol=1e-6)


def test_strides() -> None:
    image = np.arange(2 * 9 * 8, dtype=np.float32).reshape(2, 9, 8, 1)
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1), (0, 0)))
    found = layer(stride=2, training_stride=4)
    np.testing.assert_allclose(found(padded)[..., 0], image[:, [0, 2, 4, 6, 8]][:, :, [1, 3, 5, 7], 0])
    np.testing.assert_allclose(found(padded, training=True)[..., 0], image[:, [1, 4, 7]][:, :, [2, 6], 0])


def test_comes_back_from_its_config() -> None:
    first = layer(stride=2)
    second = patch_scores.PatchScores.from_config(first.get_config())
    second.set_weights(first.get_weights())
    image = tf.random.stateless_normal((1, 8, 8, 1), seed=(0, 0))
    np.testing.assert_array_equal(first(image), second(image))
