"""The "1cycle" policy (Smith, 2018, section 4.2): up to a large learning rate, down again, then far below.

The paper lowers the momentum while the learning rate is high; here the momentum stays as it is.
"""

import dataclasses

import keras

from seg_models import errors, schedule


@dataclasses.dataclass(frozen=True)
class Config:
    """The cycle: two straight lines of one length, then a third one to the end.

    Attributes:
      peak: fraction of the run at which the learning rate is highest.
      start: fraction of the peak's learning rate that the cycle starts from and comes back to at twice `peak`.
      end: fraction of the peak's learning rate that is left at the end.
    """

    peak: float = 0.45
    start: float = 0.1
    end: float = 0.001

    def __post_init__(self) -> None:
        if not 0 < self.peak < 0.5:
            raise errors.UserError(f"`peak` is {self.peak}; expected a fraction of the run between 0 and 0.5.")
        if not 0 <= self.end <= self.start <= 1:
            raise errors.UserError(f"`end` is {self.end}, `start` {self.start}; expected 0 <= end <= start <= 1.")


def build(
    config: Config, *, learning_rate: float, steps: int, warmup_steps: int, warmup_start: float = 0.0
) -> keras.optimizers.schedules.LearningRateSchedule:
    """The cycle spans what the warm-up leaves; the warm-up, which the cycle makes needless, rises to `config.start`."""
    left = schedule.decay_steps(steps, warmup_steps)
    shape = [(0.0, config.start), (config.peak, 1.0), (2 * config.peak, config.start), (1.0, config.end)]
    return schedule.with_warmup(
        schedule.Lines([(left * place, learning_rate * share) for place, share in shape]),
        learning_rate=config.start * learning_rate,
        warmup_steps=warmup_steps,
        start=warmup_start * learning_rate,
    )
