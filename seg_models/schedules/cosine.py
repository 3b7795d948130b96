"""Half a cosine from the peak to the end (Loshchilov and Hutter 2017, no restarts), behind a linear warm-up."""

import dataclasses

import keras

from seg_models import schedule


@dataclasses.dataclass(frozen=True)
class Config:
    """The shape of the decay.

    Attributes:
      end: fraction of the peak that is left at the end.
    """

    end: float = 0.0


def build(
    config: Config, *, learning_rate: float, steps: int, warmup_steps: int, warmup_start: float = 0.0
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Peak at `warmup_steps`, `end` times the peak at `steps`; the decay spans what the warm-up leaves.

    The warm-up rises from `warmup_start` times the peak.
    """
    decay = keras.optimizers.schedules.CosineDecay(
        learning_rate, decay_steps=schedule.decay_steps(steps, warmup_steps), alpha=config.end
    )
    return schedule.with_warmup(
        decay, learning_rate=learning_rate, warmup_steps=warmup_steps, start=warmup_start * learning_rate
    )
