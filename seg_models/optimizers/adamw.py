"""Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

import dataclasses

import keras

from seg_models import config as settings


@dataclasses.dataclass(frozen=True)
class Config:
    """Decay of the averages of the gradient and of its square; epsilon is added to the square's root."""

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8


def build(
    config: Config, *, schedule: keras.optimizers.schedules.LearningRateSchedule, train: settings.Train
) -> keras.optimizers.Optimizer:
    """The optimizer; weight_decay.on_kernels still has to see the model.

    Each step takes learning_rate * weight_decay * kernel off a kernel, as the paper says.
    """
    return keras.optimizers.AdamW(
        schedule,
        weight_decay=train.weight_decay,
        beta_1=config.beta_1,
        beta_2=config.beta_2,
        epsilon=config.epsilon,
        global_clipnorm=train.clip_norm,
    )
