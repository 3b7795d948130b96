"""The learning rate falls at milestones, as in Faster R-CNN and its successors, behind a linear warm-up."""

import dataclasses
import itertools

import keras

from seg_models import errors, schedule


@dataclasses.dataclass(frozen=True)
class Config:
    """When it falls and how far; the defaults are those of the "1x" schedule of 90,000 steps.

    Attributes:
      milestones: first steps of a lower learning rate, ascending. Below 1: fractions of the run; from 1 on: steps. The
        steps of the warm-up count.
      factor: what each milestone multiplies the learning rate by.
    """

    milestones: tuple[float, ...] = (2 / 3, 8 / 9)
    factor: float = 0.1

    def __post_init__(self) -> None:
        if any(milestone <= 0 for milestone in self.milestones):
            raise errors.UserError(f"`milestones` are {self.milestones}; expected numbers above 0.")
        if not 0 < self.factor <= 1:
            raise errors.UserError(f"`factor` is {self.factor}; expected more than 0 and at most 1.")


def shortened(config: Config, share: float) -> Config:
    """The same shape in a run of a share of the steps: milestones that are steps come as much earlier."""
    # Not below 1, where a number is a fraction.
    return dataclasses.replace(
        config, milestones=tuple(each if each < 1 else max(1.0, share * each) for each in config.milestones)
    )


def build(
    config: Config, *, learning_rate: float, steps: int, warmup_steps: int, warmup_start: float = 0.0
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Peak from `warmup_steps` to the first milestone; the warm-up rises from `warmup_start` times the peak.

    Raises:
      UserError: the milestones do not ascend between the warm-up and the end.
    """
    schedule.decay_steps(steps, warmup_steps)
    firsts = [round(each * steps) if each < 1 else round(each) for each in config.milestones]
    if any(before >= after for before, after in itertools.pairwise([warmup_steps, *firsts, steps])):
        raise errors.UserError(
            f"`train.schedule.milestones` are the steps {firsts}: expected ascending ones between the warm-up's "
            f"{warmup_steps} steps and the run's {steps}."
        )
    # Keras goes on to the next value after its boundary.
    falls = keras.optimizers.schedules.PiecewiseConstantDecay(
        [float(first - warmup_steps - 1) for first in firsts],
        [learning_rate * config.factor**index for index in range(len(firsts) + 1)],
    )
    return schedule.with_warmup(
        falls, learning_rate=learning_rate, warmup_steps=warmup_steps, start=warmup_start * learning_rate
    )
