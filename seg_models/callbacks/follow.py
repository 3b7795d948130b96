"""What goes with single steps: their count, the averaged weights, and the alarm when the loss is no number."""

import math
from collections.abc import Callable

import keras
import tensorflow as tf

from seg_models import average, errors, learner


class Counting(keras.callbacks.Callback):
    """Counts the steps."""

    def __init__(self, progress: learner.Progress) -> None:
        super().__init__()
        self._progress = progress

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Keras calls this after each step."""
        self._progress.step.assign_add(1)


class Averaging(keras.callbacks.Callback):
    """Updates the averaged weights after each step."""

    def __init__(self, averaged: average.Average) -> None:
        super().__init__()
        self._averaged = averaged

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Keras calls this after each step."""
        self._averaged.update(tf.cast(self.model.optimizer.iterations, tf.float32))


class FiniteLoss(keras.callbacks.Callback):
    """Stops training when the loss is not finite, naming the records of that step.

    Args:
      progress: knows the step; it must have been counted before.
      keys_of_step: step -> the keys of its records.
    """

    def __init__(self, progress: learner.Progress, keys_of_step: Callable[[int], list[str]]) -> None:
        super().__init__()
        self._progress = progress
        self._keys_of_step = keys_of_step

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Keras calls this after each step."""
        loss = float((logs or {}).get("loss", 0.0))
        if math.isfinite(loss):
            return
        step = int(self._progress.step) - 1
        keys = ", ".join(self._keys_of_step(step))
        raise errors.UserError(
            f"The loss is {loss} in step {step}, on the records {keys}. Look at these images and masks; if they are "
            "sound, lower `train.learning_rate` or set `train.clip_norm`."
        )
