"""The average of the weights, by hand."""

import keras
import pytest
import tensorflow as tf

from seg_models import average


def network(value: float) -> keras.Model:
    """One weight, and statistics of a normalisation."""
    image = keras.Input((1,))
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(value))
    return keras.Model(image, keras.layers.BatchNormalization()(dense(image)))


def test_the_decay_grows_from_nearly_nothing() -> None:
    """Decays 2/11, 3/12, 4/13, then 0.3 where (1 + step) / (10 + step) would pass it."""
    model = network(10.0)
    kept = average.Average(model, decay=0.3)
    kernel, expected = model.weights[0], 10.0
    for step, (value, decay) in enumerate([(20.0, 2 / 11), (-4.0, 3 / 12), (1.0, 0.3), (7.0, 0.3)], 1):
        kernel.assign([[value]])
        kept.update(tf.constant(float(step)))
        expected = decay * expected + (1 - decay) * value
        assert float(kept.values[0]) == pytest.approx(expected, rel=1e-5)


def test_moving_statistics_are_averaged_too() -> None:
    model = network(1.0)
    kept = average.Average(model, decay=0.9)
    model.layers[-1].moving_mean.assign([11.0])
    kept.update(tf.constant(1.0))
    assert sorted(float(value) for value in kept.values) == pytest.approx(sorted([1, 1, 0, 9 / 11 * 11, 1]))


def test_applied_brings_the_weights_back() -> None:
    model = network(10.0)
    kept = average.Average(model, decay=0.9)
    model.weights[0].assign([[20.0]])
    with kept.applied():
        assert float(model.weights[0]) == 10
    assert float(model.weights[0]) == 20 and float(kept.values[0]) == 10


def test_applied_brings_the_weights_back_after_an_error() -> None:
    model = network(10.0)
    kept = average.Average(model, decay=0.9)
    model.weights[0].assign([[20.0]])
    with pytest.raises(RuntimeError, match="in between"), kept.applied():
        raise RuntimeError("in between")
    assert float(model.weights[0]) == 20


def test_whole_numbers_are_not_averaged() -> None:
    model = network(1.0)
    model.layers[-1].add_weight(name="steps", shape=(), dtype="int32", initializer="zeros", trainable=False)
    assert len(average.Average(model, decay=0.9).values) == len(model.variables) - 1 == 5
