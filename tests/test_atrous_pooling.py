"""Pooling with holes: by hand, at the border, and against Keras' where that can do it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import atrous_pooling
from tests import tiny_models

KINDS = {
    "maximum": (atrous_pooling.AtrousMaxPooling2D, keras.layers.MaxPooling2D, np.max),
    "average": (atrous_pooling.AtrousAveragePooling2D, keras.layers.AveragePooling2D, np.mean),
}

every_kind = pytest.mark.parametrize("kind", KINDS)


def features(height: int, width: int) -> np.ndarray:
    """Float32 [2, height, width, 3], negative: a border of zeros would show in a maximum."""
    return -np.random.default_rng(0).uniform(1, 2, (2, height, width, 3)).astype(np.float32)


@every_kind
@pytest.mark.parametrize("size", (2, 3))
@pytest.mark.parametrize("rate", (1, 2, 4))
def test_each_output_sees_what_the_docstring_says(kind: str, size: int, rate: int) -> None:
    layer, _, reduce = KINDS[kind]
    inputs = features(7, 5)
    pooled = layer(size, rate)(inputs).numpy()
    for y in range(7):
        for x in range(5):
            windows = ([i + rate * (j - (size - 1) // 2) for j in range(size)] for i in (y, x))
            rows, columns = ([i for i in window if 0 <= i < length] for window, length in zip(windows, (7, 5)))
            expected = reduce(inputs[:, rows][:, :, columns], axis=(1, 2))
            np.testing.assert_allclose(pooled[:, y, x], expected, rtol=1e-6)


@every_kind
@pytest.mark.parametrize(("size", "sides"), [(2, (8, 7)), (3, (9, 7))])
def test_holds_what_the_strided_pooling_computes(kind: str, size: int, sides: tuple[int, int]) -> None:
    layer, strided, _ = KINDS[kind]
    inputs = features(*sides)
    np.testing.assert_allclose(layer(size)(inputs)[:, ::2, ::2], strided(size, 2, "same")(inputs), rtol=1e-6)


@every_kind
def test_the_size_may_be_unknown_and_the_precision_half(kind: str) -> None:
    image = keras.Input((None, None, 3))
    layer = KINDS[kind][0](3, 2, name="pool")
    twin = type(layer).from_config(layer.get_config())
    model = keras.Model(image, twin(image))
    assert model.output_shape == (None, None, None, 3)
    np.testing.assert_array_equal(model(features(6, 5)), layer(features(6, 5)))
    with tiny_models.precision("mixed_bfloat16"):
        half = type(layer)(3, 2)(features(6, 5))
    assert half.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(half, tf.float32), layer(features(6, 5)), rtol=0.02)
