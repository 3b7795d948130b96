"""Dropout: its rate, its scale, and a mask that follows from seed and step."""

import keras
import numpy as np
import tensorflow as tf

from seg_models.layers import dropout
from tests import mirrored_check, tiny_models


def built(rate: float, seed: int = 1) -> dropout.Dropout:
    tf.random.set_seed(seed)
    layer = dropout.Dropout(rate)
    layer.build((None, None))
    return layer


def test_a_share_is_dropped_and_the_mean_kept() -> None:
    left = built(0.3)(tf.fill([200, 200], 7.0), training=True).numpy()
    assert abs((left == 0).mean() - 0.3) < 0.01
    np.testing.assert_allclose(left[left != 0], 10.0, rtol=1e-6)


def test_nothing_is_dropped_outside_training_or_at_rate_0() -> None:
    features = tf.random.stateless_normal([8, 8], [1, 2])
    for layer, training in ((built(0.9), False), (built(0.9), None), (built(0.0), True)):
        before = layer.state.numpy()
        assert (layer(features, training=training) == features).numpy().all()
        assert (layer.state.numpy() == before).all()


def test_each_step_drops_anew_and_a_resumed_run_drops_the_same() -> None:
    layer, ones = built(0.5), tf.ones([4, 64])
    step = tf.function(lambda: layer(ones, training=True))
    first = step().numpy()
    state = layer.get_weights()
    second, third = step().numpy(), step().numpy()
    assert (first != second).any() and (second != third).any()
    assert state[0][1] == 1 and layer.state.numpy()[1] == 3
    resumed = built(0.5, seed=2)
    assert (resumed(ones, training=True).numpy() != first).any()
    resumed.set_weights(state)
    assert (resumed(ones, training=True).numpy() == second).all()
    assert (resumed(ones, training=True).numpy() == third).all()


def test_the_seed_of_the_run_decides() -> None:
    ones = tf.ones([4, 64])
    first, same, other = (built(0.5, seed)(ones, training=True).numpy() for seed in (5, 5, 6))
    assert (first == same).all() and (first != other).any()


def test_half_precision_stays() -> None:
    with tiny_models.precision("mixed_bfloat16"):
        left = built(0.5)(tf.ones([8, 8]), training=True)
    assert left.dtype == tf.bfloat16 and set(np.unique(tf.cast(left, tf.float32))) == {0, 2}


def test_a_saved_layer_comes_back() -> None:
    again = keras.layers.deserialize(keras.layers.serialize(dropout.Dropout(0.25, name="mine")))
    assert isinstance(again, dropout.Dropout) and (again.rate, again.name) == (0.25, "mine")


def test_replicas_drop_different_things_and_count_together() -> None:
    """In steps of two replicas each: four masks, no two alike; each step counts once."""
    found = mirrored_check.run("unet")
    masks = [tuple(mask) for mask in found["dropped"]]
    assert len(masks) == len(set(masks)) == 4 and found["dropout_steps"] == 2
