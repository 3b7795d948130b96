"""The pyramid's rates, sizes and reach."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import aspp, normalization

BATCH = normalization.Norm("batch")


def network(settings: aspp.Aspp, output_stride: int = 16) -> keras.Model:
    """The pyramid over 6 channels."""
    features = keras.Input((None, None, 6))
    return keras.Model(features, aspp.aspp(features, settings, BATCH, output_stride=output_stride))


def test_rates_reach_equally_far_at_every_output_stride() -> None:
    assert aspp.rates(aspp.Aspp(), 32) == (3, 6, 9)
    assert aspp.rates(aspp.Aspp(), 16) == (6, 12, 18)
    assert aspp.rates(aspp.Aspp(), 8) == (12, 24, 36)
    assert aspp.rates(aspp.Aspp(rates=(1, 2)), 32) == (1, 1)


@pytest.mark.parametrize("separable", (False, True))
def test_any_size_even_one_pixel(separable: bool) -> None:
    pyramid = network(aspp.Aspp(channels=8, separable=separable))
    for height, width in ((1, 1), (5, 9), (40, 33)):
        assert pyramid(tf.ones((2, height, width, 6))).shape == (2, height, width, 8)


def test_image_pooling_in_half_precision_neither_overflows_nor_drifts() -> None:
    """8192 pixels of 1000 and 1016, means of 1008 that half precision holds, but no sum of theirs."""
    columns = np.where(np.arange(128) % 2, 1000.0, 1016.0)[:, None]
    features = tf.constant(np.broadcast_to(columns, (1, 64, 128, 6)), tf.float16)
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        pyramid = network(aspp.Aspp(channels=8))
    finally:
        keras.mixed_precision.set_global_policy(before)
    (pooling,) = (layer for layer in pyramid.layers if isinstance(layer, keras.layers.GlobalAveragePooling2D))
    np.testing.assert_array_equal(pooling(features), np.full((1, 1, 1, 6), 1008))
    found = pyramid(features)
    assert found.dtype == tf.float16 and np.isfinite(found).all()


def test_sees_its_rates_and_the_whole_image() -> None:
    pyramid = network(aspp.Aspp(channels=8, rates=(3,), dropout=0.0))
    image = tf.constant(np.random.default_rng(0).normal(size=(1, 15, 15, 6)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(image)
        centre = tf.reduce_sum(pyramid(image)[0, 7, 7])
    reach = np.abs(tape.gradient(centre, image)[0]).sum(-1)
    # Image pooling gives every pixel the same small share; the taps of the 3x3 branch stand out from it.
    background = np.median(reach)
    assert background > 0
    taps = {tuple(place) for place in np.argwhere(reach > 1.5 * background) - 7}
    assert taps == {(y, x) for y in (-3, 0, 3) for x in (-3, 0, 3)}
