"""Every schedule: warm-up, one peak, then down to the end, serialisable; and values worked out by hand."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import errors, registry
from seg_models.schedules import constant, cosine, one_cycle, polynomial, step

NAMES = registry.available("seg_models.schedules")


def build(name: str, steps: int, warmup_steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    module = registry.find("seg_models.schedules", name)
    return module.build(module.Config(), learning_rate=0.1, steps=steps, warmup_steps=warmup_steps)


def rates(schedule: keras.optimizers.schedules.LearningRateSchedule, steps: list[int]) -> np.ndarray:
    return np.array([float(schedule(tf.constant(step, tf.int64))) for step in steps])


@pytest.mark.parametrize("name", NAMES)
def test_the_warmup_is_a_line_to_where_the_schedule_starts(name: str) -> None:
    first = rates(build(name, 20, 0), [0])[0]
    values = rates(build(name, 30, 10), list(range(11)))
    np.testing.assert_allclose(values, np.linspace(0, first, 11), rtol=1e-6)
    module = registry.find("seg_models.schedules", name)
    started = module.build(module.Config(), learning_rate=0.1, steps=30, warmup_steps=10, warmup_start=0.02)
    np.testing.assert_allclose(rates(started, list(range(11))), np.linspace(0.002, first, 11), rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("warmup_steps", [0, 10])
def test_reaches_the_peak_once_and_falls_from_there_to_the_end(name: str, warmup_steps: int) -> None:
    values = rates(build(name, 90, warmup_steps), list(range(91)))
    peak = int(np.argmax(values))
    assert values[peak] == pytest.approx(0.1, rel=0.02) and (values <= 0.1 * (1 + 1e-6)).all()
    assert (np.diff(values[:peak]) >= 0).all() and (np.diff(values[peak:]) <= 0).all()
    assert (values[warmup_steps:-1] > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_after_the_end_it_stays(name: str) -> None:
    np.testing.assert_array_equal(np.diff(rates(build(name, 10, 0), [10, 11, 500])), [0, 0])


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


def test_step_by_hand() -> None:
    schedule = step.build(step.Config(), learning_rate=0.02, steps=90_000, warmup_steps=1000, warmup_start=0.001)
    places = [0, 500, 1000, 59_999, 60_000, 79_999, 80_000, 90_000]
    expected = [2e-5, 0.01001, 0.02, 0.02, 0.002, 0.002, 0.0002, 0.0002]
    np.testing.assert_allclose(rates(schedule, places), expected, rtol=1e-5)
    # YOLACT's, in steps.
    settings = step.Config(milestones=(280_000, 600_000, 700_000, 750_000))
    schedule = step.build(settings, learning_rate=1e-3, steps=800_000, warmup_steps=0)
    expected = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7]
    np.testing.assert_allclose(rates(schedule, [279_999, 280_000, 600_000, 700_000, 799_999]), expected, rtol=1e-5)


@pytest.mark.parametrize("milestones", [(5, 3), (3, 3), (2,), (0.2,), (10,), (12,)])
def test_milestones_that_do_not_ascend_between_warmup_and_end(milestones: tuple[float, ...]) -> None:
    with pytest.raises(errors.UserError, match="milestones"):
        step.build(step.Config(milestones), learning_rate=0.1, steps=10, warmup_steps=2)
    with pytest.raises(errors.UserError, match="milestones"):
        step.Config((0.0, 0.5))


def test_one_cycle_by_hand() -> None:
    schedule = one_cycle.build(one_cycle.Config(), learning_rate=0.1, steps=100, warmup_steps=0)
    # Up and down 0.002 a step, then 0.0099 in 10 steps.
    places = [0, 10, 45, 60, 90, 95, 100]
    expected = [0.01, 0.03, 0.1, 0.07, 0.01, 0.00505, 0.0001]
    np.testing.assert_allclose(rates(schedule, places), expected, rtol=1e-4)
    warm = one_cycle.build(one_cycle.Config(), learning_rate=0.1, steps=110, warmup_steps=10)
    np.testing.assert_allclose(rates(warm, [5, 10, 55, 110]), [0.005, 0.01, 0.1, 0.0001], rtol=1e-4)
    with pytest.raises(errors.UserError, match="peak"):
        one_cycle.Config(peak=0.6)


def test_constant_by_hand() -> None:
    schedule = constant.build(constant.Config(), learning_rate=0.1, steps=10, warmup_steps=4)
    np.testing.assert_allclose(rates(schedule, [0, 2, 4, 7, 10]), [0, 0.05, 0.1, 0.1, 0.1], rtol=1e-6)
