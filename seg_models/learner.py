"""What learns: the model as the run needs it, its averaged weights, and how far the run has come."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from seg_models import (
    average,
    class_weights,
    config,
    learning_rates,
    manifest,
    model,
    per_weight,
    precise_norm,
    registry,
    start_weights,
    strategy,
    weight_decay,
)
from seg_models.layers import normalization


class Progress(tf.Module):
    """What a run must remember beside its weights.

    Attributes:
      step: steps so far; not every optimizer counts those that overflow in half precision.
      best: the best score so far of the metric that is watched.
      waited: evaluations since then.
      finished: training has stopped early.
    """

    def __init__(self) -> None:
        super().__init__(name="progress")
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.best = tf.Variable(float("-inf"), dtype=tf.float64, trainable=False)
        self.waited = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.finished = tf.Variable(False, trainable=False)


@dataclasses.dataclass(frozen=True)
class Learner:
    """All that changes while a model learns; checkpoints hold just this.

    Attributes:
      config: the model's, with its normalisation resolved.
      network: compiled.
      averaged: its averaged weights; None where the last weights count.
      progress: see Progress.
      precise: the statistics of batch normalisation for the weights that are judged; None where the moving ones count.
    """

    config: Any
    network: model.SegmentationModel
    averaged: average.Average | None
    progress: Progress
    precise: precise_norm.PreciseNorm | None = None

    @property
    def step(self) -> int:
        """Steps so far."""
        return int(self.progress.step)

    @contextlib.contextmanager
    def judged_weights(self) -> Iterator[None]:
        """Within this, the network has the weights that are evaluated and exported."""
        with contextlib.ExitStack() as stack:
            # In this order: the statistics are those of the averaged weights.
            for judged in (self.averaged, self.precise):
                if judged:
                    stack.enter_context(judged.applied())
            yield


def build(
    settings: config.Training, records: manifest.Manifest, distribution: tf.distribute.Strategy, steps: int
) -> Learner:
    """The learner at step 0, spread over the devices of `distribution`."""
    chosen = _with_norm(settings, distribution, steps)
    with distribution.scope():
        network = registry.module_of(chosen).build(chosen, records.info)
        network.class_weights = class_weights.weights(settings.train.class_weights, records.splits["train"])
        _start(network, settings.train.start_from)
        factors = learning_rates.factors(network, settings.train.learning_rate_factors)
        learning_rates.freeze(network, factors)
        optimizer = _optimizer(settings.train, steps)
        weight_decay.on_kernels(optimizer, network)
        learning_rates.scale(optimizer, network, factors)
        network.compile(optimizer=optimizer)
        network.optimizer.build(network.trainable_variables)
        averaged = average.Average(network.network, settings.train.ema_decay) if settings.train.ema_decay else None
    # Outside the scope: these numbers are this process's own, no replica holds them.
    return Learner(chosen, network, averaged, Progress())


def _start(network: model.SegmentationModel, start_from: str | None) -> None:
    if start_from is not None:
        start_weights.give(network, start_weights.read(start_from), start_from)


def _optimizer(learning: config.Train, steps: int) -> per_weight.PerWeight:
    schedule = registry.module_of(learning.schedule).build(
        learning.schedule,
        learning_rate=learning.learning_rate,
        steps=steps,
        warmup_steps=learning.warmup_steps,
        warmup_start=learning.warmup_start,
    )
    return registry.module_of(learning.optimizer).build(learning.optimizer, schedule=schedule, train=learning)


def _with_norm(settings: config.Training, distribution: tf.distribute.Strategy, steps: int) -> Any:
    """The model's Config with the normalisation that this batch and this run can learn with."""
    norm = normalization.resolve(
        # A model whose `norm` may be None says what that stands for.
        settings.model.norm or settings.model.default_norm,
        per_replica_batch=strategy.per_replica(settings.input.batch_size, distribution),
        replicas=distribution.num_replicas_in_sync,
        steps=steps,
        pretrained=settings.model.pretrained,
    )
    return dataclasses.replace(settings.model, norm=norm)
