"""Resizing with the corners on the corners: ramps stay in place, sizes of the DeepLab releases."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import corner_resize


def ramp(height: int, width: int, step: float = 1.0) -> tf.Tensor:
    """Float32 [1, height, width, 2]: (row, column) * step."""
    grid = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), axis=-1)
    return tf.constant(step * grid[None], tf.float32)


@pytest.mark.parametrize(("height", "width"), ((41, 33), (40, 37), (1, 8), (9, 2)))
def test_features_lie_on_every_eighth_pixel(height: int, width: int) -> None:
    features = ramp(-(-height // 8), -(-width // 8), step=8.0)
    found = corner_resize.CornerUpsampling(8)([features, tf.zeros((1, height, width, 3))])
    # Beyond the last feature, its value.
    last = 8.0 * (np.array(features.shape[1:3]) - 1)
    np.testing.assert_allclose(found, np.minimum(ramp(height, width), last), atol=1e-4)


def test_sizes_of_the_releases() -> None:
    image = tf.zeros((1, 321, 513, 1))
    assert corner_resize.CornerResize(0.5)(image).shape == (1, 161, 257, 1)
    assert corner_resize.CornerResize(0.75)(image).shape == (1, 241, 385, 1)


def test_there_and_back_again() -> None:
    image = ramp(33, 17)
    small = corner_resize.CornerResize(0.5)(image)
    np.testing.assert_allclose(small, 2 * ramp(17, 9), atol=1e-4)
    np.testing.assert_allclose(corner_resize.CornerUpsampling(1)([small, small, image]), image, atol=1e-4)


def test_a_single_pixel() -> None:
    image = tf.fill((1, 1, 1, 3), 7.0)
    assert (corner_resize.CornerResize(0.5)(image).numpy() == 7).all()
    assert corner_resize.CornerUpsampling(8)([image, image, tf.zeros((1, 4, 5, 1))]).shape == (1, 4, 5, 3)


@pytest.mark.parametrize("scale", (0.5, 0.75, 1.0, 1.5))
@pytest.mark.parametrize(("height", "width"), ((41, 33), (40, 37), (1, 8), (64, 2)))
def test_training_sees_every_eighth_pixel_of_the_same(height: int, width: int, scale: float) -> None:
    image = tf.zeros((2, height, width, 1))
    small = corner_resize.CornerResize(scale)(image)
    size = [-(-side // 8) for side in small.shape[1:3]]
    features = tf.random.stateless_normal((2, *size, 3), seed=(0, 0))
    layer = corner_resize.CornerUpsampling(8)
    thinned, whole = (layer([features, small, image], training=training) for training in (True, False))
    np.testing.assert_allclose(thinned, whole[:, ::8, ::8], atol=1e-4)
    thinned, whole = (layer([features, small], training=training) for training in (True, False))
    np.testing.assert_allclose(thinned, whole[:, ::8, ::8], atol=1e-5)


def test_the_resizing_is_that_of_tensorflow_1() -> None:
    features = tf.random.stateless_normal((2, 5, 4, 3), seed=(0, 0))
    found, wanted = [], []
    for results, function in (
        (found, corner_resize.resized),
        (wanted, lambda values, size: tf.compat.v1.image.resize_bilinear(values, size, align_corners=True)),
    ):
        with tf.GradientTape() as tape:
            tape.watch(features)
            enlarged = function(features, tf.constant([9, 11]))
            total = tf.reduce_sum(enlarged**2)
        results += [enlarged, tape.gradient(total, features)]
    for one, other in zip(found, wanted):
        np.testing.assert_array_equal(one, other)
