"""Stochastic depth: whole images, the right share, the mean kept; nothing outside training; no state for nothing."""

import keras
import numpy as np
import tensorflow as tf

from seg_models.layers import drop_path


def test_drops_whole_images_and_keeps_the_mean() -> None:
    keras.utils.set_random_seed(0)
    layer = drop_path.DropPath(0.25)
    dropped = layer(tf.ones((4000, 2, 3, 1)), training=True).numpy().reshape(4000, 6)
    assert (dropped == dropped[:, :1]).all()
    assert set(np.unique(dropped)) == {0.0, np.float32(1 / 0.75)}
    assert abs(dropped.mean() - 1) < 0.03


def test_every_step_and_every_layer_drops_others() -> None:
    keras.utils.set_random_seed(0)
    layer, other = drop_path.DropPath(0.5), drop_path.DropPath(0.5)
    first, second, third = (each(tf.ones((64, 1)), training=True).numpy() for each in (layer, layer, other))
    assert (first != second).any() and (first != third).any()


def test_does_nothing_outside_training() -> None:
    np.testing.assert_array_equal(drop_path.DropPath(0.9)(tf.ones((8, 1))), np.ones((8, 1)))


def test_has_no_state_where_nothing_is_dropped() -> None:
    never = drop_path.layer(0.0, "never")
    np.testing.assert_array_equal(never(tf.ones((8, 1)), training=True), np.ones((8, 1)))
    assert never.name == "never" and not never.weights
    assert drop_path.layer(0.1).rate == 0.1
