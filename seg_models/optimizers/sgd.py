"""Stochastic gradient descent with momentum.

Weight decay is decoupled: each step takes learning_rate * weight_decay * kernel off a kernel. Papers mostly add
weight_decay * kernel to the gradient instead, where momentum multiplies it by 1 / (1 - momentum): to follow a paper
that trained with momentum 0.9, set ten times its weight decay.
"""

import dataclasses

import keras

from seg_models import config as settings
from seg_models import per_weight


@dataclasses.dataclass(frozen=True)
class Config:
    """Momentum, and whether the gradient is taken where the momentum leads (Nesterov)."""

    momentum: float = 0.9
    nesterov: bool = False


class Sgd(per_weight.PerWeight, keras.optimizers.SGD):
    """Keras's SGD with a learning rate and a decay for each weight."""


def build(
    config: Config, *, schedule: keras.optimizers.schedules.LearningRateSchedule, train: settings.Train
) -> per_weight.PerWeight:
    """The optimizer; weight_decay.on_kernels still has to see the model."""
    optimizer = Sgd(schedule, momentum=config.momentum, nesterov=config.nesterov, global_clipnorm=train.clip_norm)
    optimizer.decay_by(train.weight_decay)
    return optimizer
