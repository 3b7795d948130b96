"""A weight with a factor takes the very steps that it would take at that share of the learning rate."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import config, per_weight, registry
from seg_models.schedules import polynomial
from tests import conftest

NAMES = registry.available("seg_models.optimizers")
STARTS = ([10.0, -4.0], [1.0, 2.0], [3.0, -7.0])
FACTORS = (1.0, 0.25, 10.0)


def build(name: str, learning_rate: float = 0.01) -> per_weight.PerWeight:
    module = registry.find("seg_models.optimizers", name)
    schedule = polynomial.build(polynomial.Config(), learning_rate=learning_rate, steps=20, warmup_steps=3)
    settings = config.Train(steps=20, optimizer=module.Config(), schedule=polynomial.Config(), weight_decay=0.5)
    return module.build(module.Config(), schedule=schedule, train=settings)


def descend(optimizer: keras.optimizers.Optimizer, weights: list[tf.Variable], steps: int) -> None:
    """Steps towards 3 on a bowl."""

    @tf.function
    def step() -> None:
        optimizer.apply_gradients([(2 * (weight - 3.0), weight) for weight in weights])

    optimizer.build(weights)
    for _ in range(steps):
        step()


def scaled(name: str) -> tuple[per_weight.PerWeight, list[tf.Variable]]:
    """An optimizer and weights with FACTORS, of which the last does not decay."""
    weights = [tf.Variable(start) for start in STARTS]
    optimizer = build(name)
    optimizer.scale(zip(weights, FACTORS))
    optimizer.decay_only(weights[:2])
    return optimizer, weights


@pytest.mark.parametrize("name", NAMES)
def test_each_weight_moves_as_alone_with_its_learning_rate(name: str) -> None:
    optimizer, weights = scaled(name)
    descend(optimizer, weights, 10)
    for weight, start, factor in zip(weights, STARTS, FACTORS):
        alone = tf.Variable(start)
        by_itself = build(name, 0.01 * factor)
        by_itself.decay_only([alone] if factor != 10.0 else [])
        descend(by_itself, [alone], 10)
        assert not np.allclose(alone, start)
        np.testing.assert_allclose(weight, alone, rtol=1e-5)
    assert float(optimizer.learning_rate) == pytest.approx(0.01 * (1 - 6 / 17) ** 0.9)


@pytest.mark.parametrize("name", NAMES)
def test_in_half_precision_with_a_scaled_loss(name: str) -> None:
    plain, weights = scaled(name)
    descend(plain, weights, 5)
    optimizer, same = scaled(name)
    wrapped = keras.mixed_precision.LossScaleOptimizer(optimizer, dynamic=False, initial_scale=1.0)
    descend(wrapped, same, 5)
    for first, second in zip(weights, same):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", NAMES)
def test_resumes_with_the_same_bits(name: str, tmp_path: Path) -> None:
    optimizer, whole = scaled(name)
    descend(optimizer, whole, 10)
    optimizer, weights = scaled(name)
    descend(optimizer, weights, 4)
    path = tf.train.Checkpoint(optimizer=optimizer, weights=weights).save(str(tmp_path / "checkpoint"))
    optimizer, weights = scaled(name)
    optimizer.build(weights)
    tf.train.Checkpoint(optimizer=optimizer, weights=weights).restore(path).assert_consumed()
    descend(optimizer, weights, 6)
    for first, second in zip(whole, weights):
        np.testing.assert_array_equal(first, second)


def test_on_two_replicas_as_on_one() -> None:
    """In a process of its own: logical devices must be there before TensorFlow starts."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.test_per_weight"], cwd=conftest.ROOT, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    for name in NAMES:
        optimizer, weights = scaled(name)
        descend(optimizer, weights, 5)
        np.testing.assert_allclose(found[name], [weight.numpy() for weight in weights], rtol=1e-5)


def main() -> None:
    """Prints where two replicas get, {optimizer: weights}."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy, found = tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"]), {}
    for name in NAMES:
        with strategy.scope():
            optimizer, weights = scaled(name)
            optimizer.build(weights)

        def replica() -> None:
            # Keras adds the replicas' gradients up.
            optimizer.apply_gradients([((weight - 3.0), weight) for weight in weights])

        step = tf.function(lambda: strategy.run(replica))
        for _ in range(5):
            step()
        found[name] = [weight.numpy().tolist() for weight in weights]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
