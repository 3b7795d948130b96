"""Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

import dataclasses

import keras

from seg_models import config as settings
from seg_models import per_weight


@dataclasses.dataclass(frozen=True)
class Config:
    """Decay of the averages of the gradient and of its square; epsilon is added to the square's root."""

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8


class AdamW(per_weight.PerWeight, keras.optimizers.Adam):
    """Keras's Adam with a learning rate and a decay for each weight."""


def build(
    config: Config, *, schedule: keras.optimizers.schedules.LearningRateSchedule, train: settings.Train
) -> per_weight.PerWeight:
    """The optimizer; weight_decay.on_kernels still has to see the model.

    Each step takes learning_rate * weight_decay * kernel off a kernel, as the paper says.
    """
    optimizer = AdamW(
        schedule,
        beta_1=config.beta_1,
        beta_2=config.beta_2,
        epsilon=config.epsilon,
        global_clipnorm=train.clip_norm,
    )
    optimizer.decay_by(train.weight_decay)
    return optimizer
