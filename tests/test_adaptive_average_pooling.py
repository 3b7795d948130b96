"""Adaptive pooling: torch's bins at any size, exact means, precision, shapes."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import adaptive_average_pooling


def reference(features: np.ndarray, bins: int) -> np.ndarray:
    """The definition, one bin at a time: [B, H, W, C] -> [B, bins, bins, C]."""
    height, width = features.shape[1:3]

    def span(index: int, size: int) -> slice:
        return slice(math.floor(index * size / bins), math.ceil((index + 1) * size / bins))

    rows = [
        [features[:, span(y, height), span(x, width)].mean((1, 2)) for x in range(bins)] for y in range(bins)
    ]
    return np.array(rows).transpose(2, 0, 1, 3)


@pytest.mark.parametrize("bins", (1, 2, 3, 6))
@pytest.mark.parametrize("size", ((12, 18), (13, 7), (2, 5), (1, 1)))
def test_means_of_the_bins_at_any_size(size: tuple[int, int], bins: int) -> None:
    features = np.random.default_rng(0).normal(size=(2, *size, 3)).astype(np.float32)
    pooled = adaptive_average_pooling.AdaptiveAveragePooling2D(bins)(features)
    np.testing.assert_allclose(pooled, reference(features, bins), atol=1e-6)


def test_bins_overlap_where_the_size_is_not_divisible() -> None:
    features = tf.constant([0.0, 1.0, 2.0, 3.0, 4.0])[None, :, None, None]
    pooled = adaptive_average_pooling.AdaptiveAveragePooling2D(2)(features)
    np.testing.assert_allclose(pooled[0, :, 0, 0], [1, 3])
    three = adaptive_average_pooling.AdaptiveAveragePooling2D(3)(features)
    np.testing.assert_allclose(three[0, :, 0, 0], [0.5, 2, 3.5])


def test_gradients_are_shared_among_a_bins_pixels() -> None:
    features = tf.zeros((1, 5, 4, 1))
    layer = adaptive_average_pooling.AdaptiveAveragePooling2D(2)
    with tf.GradientTape() as tape:
        tape.watch(features)
        first = layer(features)[0, 0, 0, 0]
    expected = np.zeros((5, 4))
    expected[:3, :2] = 1 / 6
    np.testing.assert_allclose(tape.gradient(first, features)[0, :, :, 0], expected, rtol=1e-6)


def test_half_precision_neither_overflows_nor_drifts() -> None:
    layer = adaptive_average_pooling.AdaptiveAveragePooling2D(1, name="pool")
    layer = type(layer).from_config({**layer.get_config()})
    half = keras.layers.Activation("linear", dtype="float16")(tf.fill((1, 60, 60, 2), 1000.0))
    pooled = adaptive_average_pooling.AdaptiveAveragePooling2D(1)(half)
    assert layer.name == "pool" and layer.bins == 1
    np.testing.assert_allclose(tf.cast(pooled, tf.float32), 1000.0, rtol=1e-3)


def test_sizes_unknown_before_the_call() -> None:
    features = keras.Input((None, None, 3))
    pooled = adaptive_average_pooling.AdaptiveAveragePooling2D(6)(features)
    assert pooled.shape == (None, 6, 6, 3)
