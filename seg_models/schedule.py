"""Warm-up in front of any learning rate schedule."""

from typing import Any

import keras
import tensorflow as tf

from seg_models import errors


@keras.saving.register_keras_serializable(package="segline")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Linear from 0 at step 0 to `learning_rate` at step `warmup_steps`; then `after`, counted from there."""

    def __init__(
        self, learning_rate: float, warmup_steps: int, after: keras.optimizers.schedules.LearningRateSchedule
    ) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.warmup_steps = warmup_steps
        self.after = after

    def __call__(self, step: tf.Tensor | int) -> tf.Tensor:
        """The learning rate at a step, float32 scalar."""
        step = tf.cast(step, tf.float32)
        rising = self.learning_rate * step / self.warmup_steps
        return tf.where(step < self.warmup_steps, rising, self.after(tf.maximum(step - self.warmup_steps, 0.0)))

    def get_config(self) -> dict[str, Any]:
        """What `from_config` needs, `after` included."""
        after = keras.optimizers.schedules.serialize(self.after)
        return {"learning_rate": self.learning_rate, "warmup_steps": self.warmup_steps, "after": after}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WarmUp":
        """The schedule that `get_config` described."""
        after = keras.optimizers.schedules.deserialize(config["after"])
        return cls(config["learning_rate"], config["warmup_steps"], after)


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
    after: keras.optimizers.schedules.LearningRateSchedule, *, learning_rate: float, warmup_steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """`after` behind `warmup_steps` steps of warm-up; `after` itself where there are none."""
    return WarmUp(learning_rate, warmup_steps, after) if warmup_steps else after
