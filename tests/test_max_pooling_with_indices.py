"""Max pooling with indices against a loop in numpy: values, places, gradient, every precision, odd sizes."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import max_pooling_with_indices

SIZES = ((4, 6), (5, 9), (1, 1), (1, 4), (7, 2))


def pooled_by_hand(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maxima and flat places int64 of float [B, H, W, C], window by window; of equal maxima the first."""
    count, height, width, channels = features.shape
    shape = (count, -(-height // 2), -(-width // 2), channels)
    maxima, places = np.zeros(shape, features.dtype), np.zeros(shape, np.int64)
    flat = np.arange(features.size).reshape(features.shape)
    for b, y, x, c in itertools.product(*map(range, shape)):
        window = np.s_[b, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2, c]
        best = features[window].argmax()
        maxima[b, y, x, c], places[b, y, x, c] = features[window].flat[best], flat[window].flat[best]
    return maxima, places


def integers(size: tuple[int, int]) -> np.ndarray:
    """Float32 [2, *size, 3]: few different values, so that many maxima are equal, and exact in any precision."""
    return np.random.default_rng(0).integers(-3, 4, (2, *size, 3)).astype(np.float32)


@pytest.mark.parametrize("dtype", (tf.float32, tf.bfloat16, tf.float16))
@pytest.mark.parametrize("size", SIZES)
def test_maxima_and_their_places(size: tuple[int, int], dtype: tf.DType) -> None:
    layer = max_pooling_with_indices.MaxPoolingWithIndices(dtype=dtype.name)
    maxima, places = pooled_by_hand(integers(size))
    pooled, indices = layer(tf.cast(integers(size), dtype))
    assert pooled.dtype == dtype and indices.dtype == tf.int64
    np.testing.assert_array_equal(tf.cast(pooled, tf.float32), maxima)
    np.testing.assert_array_equal(indices, places)


@pytest.mark.parametrize("size", SIZES)
def test_the_gradient_reaches_the_maxima_alone(size: tuple[int, int]) -> None:
    features = tf.constant(integers(size))
    with tf.GradientTape() as tape:
        tape.watch(features)
        pooled, _ = max_pooling_with_indices.MaxPoolingWithIndices()(features)
        # Another weight for each maximum, so that no two gradients can be exchanged unseen.
        weights = tf.reshape(tf.range(1.0, tf.size(pooled) + 1), tf.shape(pooled))
        cost = tf.reduce_sum(pooled * weights)
    expected = np.zeros(features.shape, np.float32)
    expected.flat[pooled_by_hand(integers(size))[1].ravel()] = weights.numpy().ravel()
    np.testing.assert_array_equal(tape.gradient(cost, features), expected)
