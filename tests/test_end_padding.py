"""Zeros at the end: sizes, and where kernels start."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import end_padding


@pytest.mark.parametrize(("kernel", "strides", "rate"), [(4, 4, 1), (2, 2, 1), (2, 1, 1), (2, 1, 4), (3, 2, 1)])
@pytest.mark.parametrize("size", (1, 7, 8, 9))
def test_kernels_start_at_the_first_pixel(kernel: int, strides: int, rate: int, size: int) -> None:
    row = np.arange(1.0, size + 1, dtype=np.float32)
    layer = end_padding.EndPadding(kernel, strides, rate)
    layer = type(layer).from_config(layer.get_config())
    padded = layer(tf.constant(np.outer(row, row)[None, ..., None], tf.float32))
    convolution = keras.layers.Conv2D(
        1, kernel, strides=strides, dilation_rate=rate, kernel_initializer="ones", use_bias=False
    )
    starts = range(0, size, strides)
    sums = [sum(row[at] for at in range(start, start + kernel * rate, rate) if at < size) for start in starts]
    np.testing.assert_allclose(convolution(padded)[0, ..., 0], np.outer(sums, sums), rtol=1e-5)
