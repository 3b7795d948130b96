"""Unpooling: values and gradients at the places of the maxima, fixed places, odd sizes."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import errors
from seg_models.layers import max_pooling_with_indices, unpooling

SIZES = ((4, 6), (5, 9), (1, 1), (7, 2))


def noise(*shape: int) -> np.ndarray:
    """Float32 of the given shape."""
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("size", SIZES)
def test_the_way_there_and_back_keeps_the_maxima_and_nothing_else(size: tuple[int, int]) -> None:
    features = noise(2, *size, 3)
    pooled, indices = max_pooling_with_indices.MaxPoolingWithIndices()(features)
    back = unpooling.MaxUnpooling()([pooled, indices, tf.constant(features)]).numpy()
    for y in range(0, size[0], 2):
        for x in range(0, size[1], 2):
            window = np.s_[:, y : y + 2, x : x + 2]
            highest = features[window].max((1, 2), keepdims=True)
            np.testing.assert_array_equal(back[window], np.where(features[window] == highest, highest, 0))


@pytest.mark.parametrize("size", SIZES)
def test_values_and_gradients_follow_the_indices(size: tuple[int, int]) -> None:
    like, weights = tf.constant(noise(2, *size, 3)), noise(2, *size, 3)
    _, indices = max_pooling_with_indices.MaxPoolingWithIndices()(like)
    values = tf.constant(noise(*indices.shape))
    with tf.GradientTape() as tape:
        tape.watch([values, like])
        unpooled = unpooling.MaxUnpooling()([values, indices, like])
        cost = tf.reduce_sum(unpooled * weights)
    expected = np.zeros(like.shape, np.float32)
    expected.flat[indices.numpy().ravel()] = values.numpy().ravel()
    np.testing.assert_array_equal(unpooled, expected)
    of_values, of_like = tape.gradient(cost, [values, like])
    np.testing.assert_array_equal(of_values, weights.flat[indices.numpy().ravel()].reshape(values.shape))
    assert of_like is None, "it is asked for its size alone"


@pytest.mark.parametrize("dtype", ("bfloat16", "float16"))
def test_half_precision_stays_half(dtype: str) -> None:
    like = tf.cast(noise(1, 5, 4, 2), dtype)
    pooled, indices = max_pooling_with_indices.MaxPoolingWithIndices(dtype=dtype)(like)
    back = unpooling.MaxUnpooling(dtype=dtype)([pooled, indices, like])
    assert back.dtype == dtype
    assert tf.reduce_sum(tf.cast(back != 0, tf.int32)) == tf.size(pooled)


def test_fixed_places() -> None:
    values, like = tf.constant([[1.0, 2.0], [3.0, 4.0]])[None, ..., None], tf.zeros([1, 3, 4, 5])
    nearest = unpooling.FixedUnpooling("nearest")([values, like])[0, ..., 0]
    np.testing.assert_array_equal(nearest, [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4]])
    nails = unpooling.FixedUnpooling("bed_of_nails")([values, like])[0, ..., 0]
    np.testing.assert_array_equal(nails, [[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0]])
    with pytest.raises(errors.UserError, match="Did you mean `nearest`"):
        unpooling.FixedUnpooling("neerest")
