"""Every optimizer: it learns, clips, decays by the stated amount, follows its schedule and resumes to the bit."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import config, registry
from seg_models.optimizers import adamw, sgd
from seg_models.schedules import polynomial

NAMES = registry.available("seg_models.optimizers")


def build(name: str, learning_rate: float = 0.1, warmup_steps: int = 0, **train: float) -> keras.optimizers.Optimizer:
    module = registry.find("seg_models.optimizers", name)
    schedule = polynomial.build(
        polynomial.Config(power=1.0, end=1.0), learning_rate=learning_rate, steps=1000, warmup_steps=warmup_steps
    )
    settings = config.Train(steps=1000, optimizer=module.Config(), schedule=polynomial.Config(), **train)
    return module.build(module.Config(), schedule=schedule, train=settings)


def descend(optimizer: keras.optimizers.Optimizer, weights: tf.Variable, steps: int) -> None:
    """Steps towards 3 on a bowl."""
    for _ in range(steps):
        optimizer.apply_gradients([(2 * (weights - 3.0), weights)])


@pytest.mark.parametrize("name", NAMES)
def test_finds_the_bottom_of_a_bowl(name: str) -> None:
    weights = tf.Variable([10.0, -4.0])
    descend(build(name, 0.1), weights, 200)
    np.testing.assert_allclose(weights, [3, 3], atol=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_decay_is_learning_rate_times_weight_decay(name: str) -> None:
    weights = tf.Variable([10.0, -4.0])
    optimizer = build(name, 0.1, weight_decay=0.5)
    for _ in range(2):
        optimizer.apply_gradients([(tf.zeros([2]), weights)])
    np.testing.assert_allclose(weights, np.array([10, -4]) * (1 - 0.1 * 0.5) ** 2, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_no_decay_unless_asked(name: str) -> None:
    weights = tf.Variable([10.0, -4.0])
    build(name).apply_gradients([(tf.zeros([2]), weights)])
    assert weights.numpy().tolist() == [10, -4]


@pytest.mark.parametrize("name", NAMES)
def test_clips_the_norm_over_all_weights(name: str) -> None:
    results = []
    for scale in (1.0, 1000.0):  # norms 5 and 5000, both clipped to 1
        first, second = tf.Variable(0.0), tf.Variable(0.0)
        optimizer = build(name, clip_norm=1.0)
        optimizer.apply_gradients([(tf.constant(3.0 * scale), first), (tf.constant(4.0 * scale), second)])
        results.append((float(first), float(second)))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_schedule_is_followed(name: str) -> None:
    # Without a gradient only the decay acts, whose amount tells the learning rate of each step.
    optimizer, weights = build(name, warmup_steps=4, weight_decay=1.0), tf.Variable(1.0)
    rates = []
    for _ in range(6):
        before = float(weights)
        optimizer.apply_gradients([(tf.constant(0.0), weights)])
        rates.append(1 - float(weights) / before)
    np.testing.assert_allclose(rates, [0, 0.025, 0.05, 0.075, 0.1, 0.1], atol=1e-6)
    assert int(optimizer.iterations) == 6


@pytest.mark.parametrize("name", NAMES)
def test_resumes_from_a_checkpoint_with_the_same_bits(name: str, tmp_path: Path) -> None:
    whole = tf.Variable([10.0, -4.0])
    descend(build(name, warmup_steps=5, weight_decay=0.01), whole, 10)
    weights, optimizer = tf.Variable([10.0, -4.0]), build(name, warmup_steps=5, weight_decay=0.01)
    descend(optimizer, weights, 4)
    path = tf.train.Checkpoint(optimizer=optimizer, weights=weights).save(str(tmp_path / "checkpoint"))
    weights, optimizer = tf.Variable([0.0, 0.0]), build(name, warmup_steps=5, weight_decay=0.01)
    tf.train.Checkpoint(optimizer=optimizer, weights=weights).restore(path)
    descend(optimizer, weights, 6)
    np.testing.assert_array_equal(weights, whole)


def test_sgd_by_hand() -> None:
    weights = tf.Variable(1.0)
    optimizer = build("sgd", 0.1)
    seen = []
    for _ in range(3):
        optimizer.apply_gradients([(tf.constant(1.0), weights)])
        seen.append(float(weights))
    # velocities -0.1, -0.19, -0.271
    np.testing.assert_allclose(seen, [0.9, 0.71, 0.439], rtol=1e-6)


def test_nesterov_by_hand() -> None:
    weights = tf.Variable(1.0)
    settings = config.Train(steps=10, optimizer=sgd.Config(), schedule=polynomial.Config())
    optimizer = sgd.build(sgd.Config(nesterov=True), schedule=polynomial.build(
        polynomial.Config(end=1.0), learning_rate=0.1, steps=10, warmup_steps=0), train=settings)  # fmt: skip
    optimizer.apply_gradients([(tf.constant(1.0), weights)])
    # velocity -0.1, step 0.9 * velocity - 0.1
    assert float(weights) == pytest.approx(0.81)


def test_adamw_by_hand() -> None:
    weights = tf.Variable(1.0)
    optimizer = build("adamw", 0.1, weight_decay=0.5)
    optimizer.apply_gradients([(tf.constant(4.0), weights)])
    # decay 1 -> 0.95, then a first step of the learning rate whatever the gradient's size
    assert float(weights) == pytest.approx(0.85, rel=1e-5)
    assert adamw.Config().beta_2 == 0.999
