"""Scores, pictures and alarms on the eval split while a model learns; early stopping.

Under mixed precision (`train.precision`) these are scores of the network that learns, which computes in half precision.
The exported model has the same weights but computes in float32: its scores, those of `evaluate`, may differ a little.
"""

import logging
import math
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from seg_models import config, evaluate, history, learner, predict, scores
from seg_models.callbacks import checkpoint

log = logging.getLogger("segline")


def judge(kept: learner.Learner, settings: config.Training, shards: Sequence[str]) -> Callable[[], evaluate.State]:
    """A function that evaluates the network as it is now, on the same data and by the same rules as the exported model.

    But at the precision of training: where that is half, the exported model, float32, may score a little differently.
    """
    network, size = kept.network, settings.input.size

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)])
    def dense(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return predict.predict(network, image, size, settings.inference)

    def run() -> evaluate.State:
        state = evaluate.State(network.info, network.tasks, settings.evaluation)
        answer = lambda images: {name: value.numpy() for name, value in dense(images).items()}
        evaluate.score(shards, answer, state, most=settings.train.evaluate_images)
        return state

    return run


class Score(keras.callbacks.Callback):
    """Logs every round; evaluates every `every` rounds and after the last, and keeps the best weights.

    Args:
      kept: what learns.
      run: () -> the State of an evaluation of the network as it is.
      settings: says what is watched and how patiently.
      every: rounds between evaluations; 0: never.
      rounds: of the whole run.
      checkpoints: keep the best weights.
      past: takes the numbers of each round.
      tensorboard_dir: for scalars and overlay pictures.
    """

    def __init__(
        self,
        kept: learner.Learner,
        run: Callable[[], evaluate.State],
        *,
        settings: config.Training,
        every: int,
        rounds: int,
        checkpoints: checkpoint.Checkpoint,
        past: history.History,
        tensorboard_dir: str,
    ) -> None:
        super().__init__()
        self._learner = kept
        self._run = run
        self._settings = settings
        self._every = every
        self._rounds = rounds
        self._checkpoints = checkpoints
        self._past = past
        self._writer = tf.summary.create_file_writer(tensorboard_dir)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keras calls this after each round."""
        values = {name: float(value) for name, value in (logs or {}).items()}
        values["learning_rate"] = float(tf.convert_to_tensor(self.model.optimizer.learning_rate))
        with self._writer.as_default(step=self._learner.step):
            # The last weights are judged too, on the grid or not: the best ones are among all that training has found.
            if self._every and ((epoch + 1) % self._every == 0 or epoch + 1 == self._rounds):
                values.update(self._evaluate())
            for name, value in values.items():
                tf.summary.scalar(name, value)
        self._writer.flush()
        self._past.append(self._learner.step, values)

    def _evaluate(self) -> dict[str, float]:
        """The scores of the weights that would be exported now, at the precision of training."""
        with self._learner.judged_weights():
            state = self._run()
        result = state.result()
        values = {name: value for name, value in result.items() if isinstance(value, float) and math.isfinite(value)}
        log.info("step %d: %s", self._learner.step, ", ".join(f"{name} {value:.4f}" for name, value in values.items()))
        warn_of_one_class(state)
        for index, picture in enumerate(state.pictures()):
            tf.summary.image(f"eval/{index}", picture[None])
        if self._settings.train.patience:
            self._stop_if_no_better(scores.lookup(result, self._settings.metric))
        return values

    def _stop_if_no_better(self, score: float) -> None:
        progress, patience = self._learner.progress, self._settings.train.patience
        if score > float(progress.best):
            progress.best.assign(score)
            progress.waited.assign(0)
            self._checkpoints.save_best()
            return
        progress.waited.assign_add(1)
        if int(progress.waited) >= patience:
            log.info("`%s` has not risen for %d evaluations: training stops.", self._settings.metric, patience)
            progress.finished.assign(True)
            self.model.stop_training = True


def warn_of_one_class(state: evaluate.State) -> None:
    """The alarm when a model says one and the same class on every pixel of every image."""
    matrix = getattr(state.metrics.get("confusion_matrix"), "matrix", None)
    if matrix is None or np.count_nonzero(matrix.sum(axis=1)) < 2:
        return
    predicted = np.flatnonzero(matrix.sum(axis=0))
    if len(predicted) == 1:
        log.warning(
            "The model says `%s` on every pixel of %d images. Lower `train.learning_rate`, or set "
            "`train.class_weights` to median_frequency.",
            (*state.info.names, "void")[predicted[0]],
            state.images,
        )
