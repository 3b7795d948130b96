"""Warm-up in front of any learning rate schedule; schedules of straight lines."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from seg_models import errors


@keras.saving.register_keras_serializable(package="segline")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Linear from `start` at step 0 to `learning_rate` at step `warmup_steps`; then `after`, counted from there."""

    def __init__(
        self,
        learning_rate: float,
        warmup_steps: int,
        after: keras.optimizers.schedules.LearningRateSchedule,
        start: float = 0.0,
    ) -> None:
        super().__init__()
        self.start = start
        self.learning_rate = learning_rate
        self.warmup_steps = warmup_steps
        self.after = after

    def __call__(self, step: tf.Tensor | int) -> tf.Tensor:
        """The learning rate at a step, float32 scalar."""
        step = tf.cast(step, tf.float32)
        rising = self.start + (self.learning_rate - self.start) * step / self.warmup_steps
        return tf.where(step < self.warmup_steps, rising, self.after(tf.maximum(step - self.warmup_steps, 0.0)))

    def get_config(self) -> dict[str, Any]:
        """What `from_config` needs, `after` included."""
        after = keras.optimizers.schedules.serialize(self.after)
        return {
            "learning_rate": self.learning_rate,
            "warmup_steps": self.warmup_steps,
            "after": after,
            "start": self.start,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WarmUp":
        """The schedule that `get_config` described."""
        after = keras.optimizers.schedules.deserialize(config["after"])
        return cls(config["learning_rate"], config["warmup_steps"], after, config["start"])


@keras.saving.register_keras_serializable(package="segline")
class Lines(keras.optimizers.schedules.LearningRateSchedule):
    """Straight lines between points (step, learning rate), of ascending steps; constant before and after them."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        super().__init__()
        self.points = [(float(step), float(rate)) for step, rate in points]

    def __call__(self, step: tf.Tensor | int) -> tf.Tensor:
        """The learning rate at a step, float32 scalar."""
        step = tf.cast(step, tf.float32)
        rate = tf.constant(self.points[0][1])
        for (first, before), (last, after) in itertools.pairwise(self.points):
            share = tf.clip_by_value((step - first) / (last - first), 0.0, 1.0)
            # Not the sum of both, so that the last rate is met to the bit.
            rate = tf.where(step > first, (1 - share) * before + share * after, rate)
        return rate

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"points": self.points}


def decay_steps(steps: int, warmup_steps: int) -> int:
    """Steps that are left for the decay.

    Raises:
      UserError: there are none.
    """
    if not 0 <= warmup_steps < steps:
        raise errors.UserError(
            f"`train.warmup_steps` is {warmup_steps}, `train.steps` {steps}: expected 0 <= warmup_steps < steps."
        )
    return steps - warmup_steps


def with_warmup(
    after: keras.optimizers.schedules.LearningRateSchedule,
    *,
    learning_rate: float,
    warmup_steps: int,
    start: float = 0.0,
) -> keras.optimizers.schedules.LearningRateSchedule:
    """`after` behind `warmup_steps` steps from `start` to `learning_rate`; `after` itself where there are none."""
    return WarmUp(learning_rate, warmup_steps, after, start) if warmup_steps else after
