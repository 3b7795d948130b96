"""One learning rate for the whole run, behind a linear warm-up."""

import dataclasses

import keras

from seg_models import schedule


@dataclasses.dataclass(frozen=True)
class Config:
    """Nothing to choose."""


def build(
    config: Config, *, learning_rate: float, steps: int, warmup_steps: int, warmup_start: float = 0.0
) -> keras.optimizers.schedules.LearningRateSchedule:
    """The peak from `warmup_steps` on; the warm-up rises from `warmup_start` times the peak."""
    schedule.decay_steps(steps, warmup_steps)
    return schedule.with_warmup(
        schedule.Lines([(0, learning_rate)]),
        learning_rate=learning_rate,
        warmup_steps=warmup_steps,
        start=warmup_start * learning_rate,
    )
