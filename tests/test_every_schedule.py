"""Every schedule: warm-up to the peak, decay to the end, serialisable; and values worked out by hand."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import errors, registry
from seg_models.schedules import cosine, polynomial

NAMES = registry.available("seg_models.schedules")


def build(name: str, steps: int, warmup_steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    module = registry.find("seg_models.schedules", name)
    return module.build(module.Config(), learning_rate=0.1, steps=steps, warmup_steps=warmup_steps)


def rates(schedule: keras.optimizers.schedules.LearningRateSchedule, steps: list[int]) -> np.ndarray:
    return np.array([float(schedule(tf.constant(step, tf.int64))) for step in steps])


@pytest.mark.parametrize("name", NAMES)
def test_rises_in_a_line_then_never_rises_again(name: str) -> None:
    values = rates(build(name, 30, 10), list(range(31)))
    np.testing.assert_allclose(values[:11], np.linspace(0, 0.1, 11), rtol=1e-6)
    assert (np.diff(values[10:]) <= 0).all() and (np.diff(values[11:]) < 0).all()
    assert values[-1] == pytest.approx(0, abs=1e-8) and (values[1:-1] > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_without_warmup_it_starts_at_the_peak_and_after_the_end_it_stays(name: str) -> None:
    values = rates(build(name, 10, 0), [0, 10, 11, 500])
    np.testing.assert_allclose(values, [0.1, 0, 0, 0], atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("warmup_steps", [0, 5])
def test_survives_json(name: str, warmup_steps: int) -> None:
    schedule = build(name, 20, warmup_steps)
    text = json.dumps(keras.optimizers.schedules.serialize(schedule))
    again = keras.optimizers.schedules.deserialize(json.loads(text))
    np.testing.assert_array_equal(rates(again, [0, 3, 5, 12, 20]), rates(schedule, [0, 3, 5, 12, 20]))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps, warmup_steps", [(10, 10), (10, 12), (0, 0), (10, -1)])
def test_no_steps_left(name: str, steps: int, warmup_steps: int) -> None:
    with pytest.raises(errors.UserError, match="`train.warmup_steps`"):
        build(name, steps, warmup_steps)


def test_polynomial_by_hand() -> None:
    schedule = polynomial.build(polynomial.Config(), learning_rate=0.1, steps=14, warmup_steps=4)
    # 0.1 * (1 - 5 / 10) ^ 0.9 and 0.1 * (1 - 8 / 10) ^ 0.9
    np.testing.assert_allclose(rates(schedule, [2, 4, 9, 12, 14]), [0.05, 0.1, 0.05358867, 0.02349238, 0], atol=1e-7)
    line = polynomial.build(polynomial.Config(power=1.0, end=0.2), learning_rate=0.1, steps=10, warmup_steps=0)
    np.testing.assert_allclose(rates(line, [0, 5, 10]), [0.1, 0.06, 0.02], rtol=1e-6)


def test_cosine_by_hand() -> None:
    schedule = cosine.build(cosine.Config(), learning_rate=0.1, steps=12, warmup_steps=4)
    # 0.1 * (1 + cos(pi / 4)) / 2 a quarter of the way, half the peak in the middle
    expected = [0.025, 0.1, 0.08535534, 0.05, 0.01464466, 0]
    np.testing.assert_allclose(rates(schedule, [1, 4, 6, 8, 10, 12]), expected, atol=1e-7)
    floored = cosine.build(cosine.Config(end=0.5), learning_rate=0.1, steps=8, warmup_steps=0)
    np.testing.assert_allclose(rates(floored, [4, 8]), [0.075, 0.05], rtol=1e-6)
