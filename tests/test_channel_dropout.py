"""Channel dropout: whole channels of single images, the mean kept, nothing outside training."""

import keras
import numpy as np
import tensorflow as tf

from seg_models.layers import channel_dropout


def built(rate: float) -> channel_dropout.ChannelDropout:
    tf.random.set_seed(1)
    layer = channel_dropout.ChannelDropout(rate)
    layer.build((None, None, None, 500))
    return layer


def test_channels_are_dropped_whole_and_the_mean_kept() -> None:
    left = built(0.25)(tf.fill([8, 2, 3, 500], 3.0), training=True).numpy()
    assert set(np.unique(left)) == {0.0, 4.0}
    assert (left == left[:, :1, :1]).all()
    assert abs((left == 0).mean() - 0.25) < 0.03
    assert (left[0] != left[1]).any()


def test_nothing_is_dropped_outside_training() -> None:
    features = tf.random.stateless_normal([2, 3, 3, 500], [1, 2])
    np.testing.assert_array_equal(built(0.9)(features, training=False), features)


def test_a_saved_layer_comes_back() -> None:
    again = keras.layers.deserialize(keras.layers.serialize(channel_dropout.ChannelDropout(0.25, name="mine")))
    assert isinstance(again, channel_dropout.ChannelDropout) and (again.rate, again.name) == (0.25, "mine")
