"""LayerScale: a factor a channel, the same at first, learnt."""

import numpy as np
import tensorflow as tf

from seg_models.layers import layer_scale


def test_one_factor_a_channel() -> None:
    layer = layer_scale.LayerScale(0.5)
    features = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
    np.testing.assert_array_equal(layer(features), features / 2)
    layer.set_weights([np.array([1, 2, 3], np.float32)])
    np.testing.assert_array_equal(layer(features)[0, 0], [[0, 2, 6], [3, 8, 15]])
    assert layer.get_config()["initial"] == 0.5


def test_the_factors_learn() -> None:
    layer = layer_scale.LayerScale()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(tf.ones((1, 2, 2, 3))))
    np.testing.assert_array_equal(tape.gradient(loss, layer.gamma), [4, 4, 4])
