"""Training, in the order in which things happen: devices, records, model, resume, fit, export."""

import dataclasses
import functools
import logging
import math
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seg_models import (
    config,
    dataset,
    errors,
    export,
    gate,
    history,
    input_pipeline,
    learner,
    manifest,
    precise_norm,
    predict,
    preflight,
    registry,
    scores,
    strategy,
    weight_paths,
)
from seg_models.callbacks import checkpoint, follow, score

log = logging.getLogger("segline")


@dataclasses.dataclass(frozen=True)
class Folders:
    """Where training reads and writes.

    Attributes:
      records: the converted data set, with its manifest.
      model: where the SavedModel goes.
      checkpoints: of this run alone; another run of the same settings and records goes on from here.
      tensorboard: scalars and pictures.
    """

    records: str
    model: str
    checkpoints: str
    tensorboard: str


def train(settings: config.Training, folders: Folders, distribution: tf.distribute.Strategy | None = None) -> None:
    """Trains a model and exports it; an interrupted run goes on from its last checkpoint.

    Args: as `fit`.

    Raises:
      UserError: as `fit`.
    """
    distribution = distribution or strategy.choose()
    learning = fit(settings, folders, distribution)
    # All workers read the weights, for some are means over the workers; one writes them.
    with learning.judged_weights():
        weights = {path: weight.numpy() for path, weight in weight_paths.named(learning.network).items()}
    if strategy.is_chief(distribution):
        _export(settings, folders, learning, weights)


def fit(settings: config.Training, folders: Folders, distribution: tf.distribute.Strategy) -> learner.Learner:
    """The learner after all its steps, with the best weights where early stopping kept them.

    Args:
      settings: what is learnt, and how.
      folders: see Folders.
      distribution: what the steps are spread over; in `train`, None: what fits the devices that are here.

    Raises:
      UserError: settings and records do not fit together, or the loss is not finite.
    """
    keras.utils.set_random_seed(settings.train.seed)
    keras.mixed_precision.set_global_policy(settings.train.precision)
    records = manifest.read(folders.records)
    if settings.train.patience:
        _check_watched(settings, records.info)
    rounds, round_steps = _rounds(settings.train)
    learning = learner.build(settings, records, distribution, steps=rounds * round_steps)
    predict.check(learning.network, settings.inference)  # here, and not when all is learnt and exported
    if settings.train.precise_bn_images:
        learning = _judged_precisely(settings, records, folders, learning, distribution)
    own = _own(folders, distribution)
    checkpoints = checkpoint.Checkpoint(own.checkpoints, learning)
    checkpoints.restore(folders.checkpoints)
    if learning.step:
        log.info("Training goes on from the checkpoint of step %d.", learning.step)
    if learning.step < rounds * round_steps and not learning.progress.finished:
        learning.network.fit(
            _batches(settings, records, folders, learning.step),
            initial_epoch=learning.step // round_steps,
            epochs=rounds,
            steps_per_epoch=round_steps,
            callbacks=_callbacks(settings, own, learning, checkpoints),
            verbose=1 if sys.stderr.isatty() else 2,
        )
    if settings.train.patience:
        checkpoints.restore_best()
    return learning


def _check_watched(settings: config.Training, info: dataset.DatasetInfo) -> None:
    """Raises UserError, here and not after hours, where early stopping watches a score that no metric gives."""
    try:
        scores.lookup(gate.possible_scores(info, settings.evaluation), settings.metric)
    except errors.UserError as error:
        raise errors.UserError(f"`gate.metric`, which `train.patience` watches: {error}") from None


def _own(folders: Folders, distribution: tf.distribute.Strategy) -> Folders:
    """Where this worker writes: workers other than the chief keep what they must write apart."""
    if strategy.is_chief(distribution):
        return folders
    own = f"{folders.checkpoints}/worker-{distribution.cluster_resolver.task_id}"
    return dataclasses.replace(folders, checkpoints=own, tensorboard=own)


def _rounds(train: config.Train) -> tuple[int, int]:
    """(rounds, steps in each): a round ends with a checkpoint. Their product is `steps`, rounded up to whole rounds."""
    rounds = math.ceil(train.steps / train.checkpoint_every)
    return rounds, math.ceil(train.steps / rounds)


def _evaluation_rounds(train: config.Train) -> int:
    """Rounds between evaluations: as many as come nearest to `evaluate_every` steps; 0: never."""
    return max(1, round(train.evaluate_every / _rounds(train)[1])) if train.evaluate_every else 0


def _batches(settings: config.Training, records: manifest.Manifest, folders: Folders, step: int) -> tf.data.Dataset:
    """(image, batch) from `step` on, for ever; what the model is to be fed is looked at first."""
    shards = manifest.shards(folders.records, "train")
    batches = input_pipeline.training(
        shards,
        records.info,
        settings.input,
        seed=settings.train.seed,
        start_step=step,
        prepare=_preparation(settings.model.loss, records.info),
    )
    preflight.check(batches, records.info)
    # Strings cannot go to a GPU; the alarm finds the keys of a step again by its number.
    return batches.map(lambda batch: (batch["image"], {name: batch[name] for name in batch if name != "key"}))


def _judged_precisely(
    settings: config.Training,
    records: manifest.Manifest,
    folders: Folders,
    learning: learner.Learner,
    distribution: tf.distribute.Strategy,
) -> learner.Learner:
    """The learner with statistics of its batch normalisation over the first images of the run, always the same ones."""
    batches = input_pipeline.training(
        manifest.shards(folders.records, "train"), records.info, settings.input, seed=settings.train.seed
    )
    count = math.ceil(settings.train.precise_bn_images / settings.input.batch_size)
    images = batches.take(count).map(lambda batch: batch["image"])
    return dataclasses.replace(learning, precise=precise_norm.build(learning.network, images, distribution))


def _preparation(loss: Any, info: dataset.DatasetInfo) -> Callable[[input_pipeline.Batch], input_pipeline.Batch] | None:
    """What a loss computes from the truth alone, so that it is ready before the step; None where it needs nothing."""
    prepare = getattr(registry.module_of(loss), "prepare", None)
    return functools.partial(prepare, loss, info) if prepare else None


def _callbacks(
    settings: config.Training, folders: Folders, learning: learner.Learner, checkpoints: checkpoint.Checkpoint
) -> list[keras.callbacks.Callback]:
    """In the order in which they must run: step, averages, alarm, scores, and the checkpoint that keeps all of it."""
    shards = manifest.shards(folders.records, "train")
    finite = follow.FiniteLoss(
        learning.progress,
        lambda step: input_pipeline.keys_of_batch(shards, settings.input, seed=settings.train.seed, step=step),
    )
    scored = score.Score(
        learning,
        score.judge(learning, settings, manifest.shards(folders.records, settings.evaluation.split)),
        settings=settings,
        every=_evaluation_rounds(settings.train),
        rounds=_rounds(settings.train)[0],
        checkpoints=checkpoints,
        past=history.History(folders.checkpoints, resumed_at=learning.step),
        tensorboard_dir=folders.tensorboard,
    )
    averaging = [follow.Averaging(learning.averaged)] if learning.averaged else []
    return [follow.Counting(learning.progress), *averaging, finite, scored, checkpoints]


def _export(
    settings: config.Training, folders: Folders, learning: learner.Learner, weights: Mapping[str, np.ndarray]
) -> None:
    """Exports weights in float32, whatever precision and devices they were learnt on."""
    keras.mixed_precision.set_global_policy("float32")
    network = registry.module_of(learning.config).build(learning.config, learning.network.info)
    for path, weight in weight_paths.named(network).items():
        weight.assign(weights[path])
    export.export(network, folders.model, settings.input.size, settings.inference)
    shutil.copy(Path(folders.checkpoints) / history.FILE, Path(folders.model) / "assets.extra" / history.FILE)
