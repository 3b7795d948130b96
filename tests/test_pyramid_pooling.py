"""The pyramid: its channels, what each pixel learns of, any size."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import normalization, pyramid_pooling


def network(bins: tuple[int, ...] = pyramid_pooling.BINS) -> keras.Model:
    """The pyramid over 8 channels, 4 a level."""
    features = keras.Input((None, None, 8))
    pooled = pyramid_pooling.pyramid_pooling(features, normalization.Norm("none"), channels=4, bins=bins)
    return keras.Model(features, pooled)


def noise(height: int, width: int) -> tf.Tensor:
    """Float32 [2, height, width, 8]."""
    return tf.constant(np.random.default_rng(0).normal(size=(2, height, width, 8)), tf.float32)


@pytest.mark.parametrize("size", ((1, 1), (2, 3), (5, 9), (12, 12)))
def test_features_stand_first_and_each_level_adds_its_channels(size: tuple[int, int]) -> None:
    features = noise(*size)
    pooled = network()(features)
    assert pooled.shape == (2, *size, 8 + 4 * 4)
    np.testing.assert_array_equal(pooled[..., :8], features)


def test_the_coarsest_level_is_the_image_mean_everywhere() -> None:
    pyramid, features = network(bins=(1,)), noise(7, 10)
    kernel, bias = pyramid.get_weights()
    expected = np.maximum(features.numpy().mean((1, 2)) @ kernel[0, 0] + bias, 0)
    pooled = pyramid(features)[..., 8:].numpy()
    np.testing.assert_allclose(pooled, np.broadcast_to(expected[:, None, None], pooled.shape), atol=1e-5)


def test_a_finer_level_knows_its_region_only() -> None:
    pyramid, features = network(bins=(2,)), noise(12, 12)
    with tf.GradientTape() as tape:
        tape.watch(features)
        corner = tf.reduce_sum(pyramid(features)[:, 0, 0, 8:])
    seen = np.abs(tape.gradient(corner, features)).sum((0, 3)) > 0
    assert seen[:6, :6].all() and seen.sum() == 36
