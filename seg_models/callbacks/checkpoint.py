"""Checkpoints after each round of steps, so that a killed run goes on where it was."""

import os

import keras
import tensorflow as tf

from seg_models import errors, learner


class Checkpoint(keras.callbacks.Callback):
    """Saves the learner after each round, and its best weights apart; the newest whole checkpoint is restored.

    TensorFlow names a checkpoint in its state file only when all of it is written, so a half-written one is never read.

    Args:
      directory: of this run and this worker alone; another run of the same settings and records finds it again.
      kept: what is saved.
    """

    def __init__(self, directory: str, kept: learner.Learner) -> None:
        super().__init__()
        self._learner = kept
        weights = {"network": kept.network} | ({"averaged": kept.averaged} if kept.averaged else {})
        everything = {**weights, "optimizer": kept.network.optimizer, "progress": kept.progress}
        self._all = tf.train.CheckpointManager(tf.train.Checkpoint(**everything), directory, max_to_keep=2)
        self._best = tf.train.CheckpointManager(
            tf.train.Checkpoint(**weights), os.path.join(directory, "best"), max_to_keep=1
        )

    def restore(self, directory: str) -> None:
        """Brings the newest checkpoint of a directory back, if there is one: all workers go on from the chief's.

        Raises:
          UserError: it is of another model.
        """
        newest = tf.train.latest_checkpoint(directory)
        if newest is None:
            return
        try:
            self._all.checkpoint.restore(newest).assert_existing_objects_matched()
        except (AssertionError, ValueError) as error:
            # Weights are missing, or others are in their place. The folder is of these settings alone, so what differs
            # is what follows from the devices.
            raise errors.UserError(
                f"{newest}: the checkpoint does not hold the weights of the model as it is built here. Which "
                "normalisation `model.norm.kind` auto becomes follows from the images on each device: go on with as "
                f"many devices as before, or delete {directory} to start anew."
            ) from error

    def save_best(self) -> None:
        """Keeps the weights as the best so far."""
        self._best.save(checkpoint_number=self._learner.step)

    def restore_best(self) -> None:
        """Brings the best weights back, if any were kept."""
        if self._best.latest_checkpoint is not None:
            self._best.checkpoint.restore(self._best.latest_checkpoint).assert_existing_objects_matched()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keras calls this after each round."""
        self._all.save(checkpoint_number=self._learner.step)
