"""Warm-up in front of a schedule."""

import keras
import pytest
import tensorflow as tf

from seg_models import errors, schedule


def test_the_schedule_behind_the_warmup_counts_from_its_end() -> None:
    after = keras.optimizers.schedules.PiecewiseConstantDecay([2], [8.0, 1.0])
    warm = schedule.with_warmup(after, learning_rate=8.0, warmup_steps=4)
    assert [float(warm(step)) for step in range(9)] == [0, 2, 4, 6, 8, 8, 8, 1, 1]


def test_in_a_graph() -> None:
    after = keras.optimizers.schedules.PiecewiseConstantDecay([2], [8.0, 1.0])
    warm = tf.function(schedule.with_warmup(after, learning_rate=8.0, warmup_steps=4))
    assert float(warm(tf.constant(3, tf.int64))) == 6 and float(warm(tf.constant(7, tf.int64))) == 1


def test_no_warmup_changes_nothing() -> None:
    after = keras.optimizers.schedules.PiecewiseConstantDecay([2], [8.0, 1.0])
    assert schedule.with_warmup(after, learning_rate=8.0, warmup_steps=0) is after


def test_steps_that_are_left() -> None:
    assert schedule.decay_steps(10, 3) == 7
    with pytest.raises(errors.UserError, match="`train.warmup_steps` is 10, `train.steps` 10"):
        schedule.decay_steps(10, 10)
