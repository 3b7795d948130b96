"""Stochastic depth: whole images, the mean kept, a state that a checkpoint holds."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import stochastic_depth
from tests import tiny_models


def built(rate: float) -> stochastic_depth.StochasticDepth:
    tf.random.set_seed(1)
    layer = stochastic_depth.StochasticDepth(rate)
    layer.build((None, None, None, 3))
    return layer


def test_images_are_dropped_whole_and_the_mean_kept() -> None:
    left = built(0.25)(tf.fill([4000, 2, 1, 3], 3.0), training=True).numpy()
    assert set(np.unique(left)) == {0.0, 4.0}
    assert (left == left[:, :1, :1, :1]).all()
    assert abs(left.mean() - 3) < 0.1


def test_nothing_is_dropped_outside_training_or_at_rate_0() -> None:
    features = tf.random.stateless_normal([8, 2, 2, 3], [1, 2])
    for layer, training in ((built(0.9), False), (built(0.9), None), (built(0.0), True)):
        np.testing.assert_array_equal(layer(features, training=training), features)


def test_each_step_drops_anew_and_a_resumed_run_drops_the_same() -> None:
    layer, ones = built(0.5), tf.ones([64, 1, 1, 3])
    first, state = layer(ones, training=True).numpy(), layer.get_weights()
    second = layer(ones, training=True).numpy()
    resumed = built(0.5)
    resumed.set_weights(state)
    assert (first != second).any()
    np.testing.assert_array_equal(resumed(ones, training=True), second)


def test_rates_rise_evenly() -> None:
    assert stochastic_depth.rates(0.3, 4) == pytest.approx((0, 0.1, 0.2, 0.3))
    assert stochastic_depth.rates(0.3, 1) == (0.0,)


def test_half_precision_stays_and_a_saved_layer_comes_back() -> None:
    with tiny_models.precision("mixed_bfloat16"):
        left = built(0.5)(tf.ones([8, 2, 2, 3]), training=True)
    assert left.dtype == tf.bfloat16
    again = keras.layers.deserialize(keras.layers.serialize(stochastic_depth.StochasticDepth(0.25, name="mine")))
    assert isinstance(again, stochastic_depth.StochasticDepth) and (again.rate, again.name) == (0.25, "mine")
