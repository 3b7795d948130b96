"""A search space over the fields of settings, and the settings of one trial.

A space names fields by their dotted names, and what each may be: texts as on the command line between bars, such as
"8|16", or a range of numbers such as "2..5" (whole), "0.5..0.9" or "1e-4..1e-2 log". On the command line it is JSON:

    segline run toy_streets_unet --tune.trials 4 --tune.share 0.25 \\
        --tune.space '[["train.learning_rate", "1e-4..1e-2 log"], ["model.width", "8|16"]]'

or, where no text holds a comma, --tune.space 'train.learning_rate=1e-4..1e-2 log,model.width=8|16'.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from seg_models import config, errors, overrides, registry

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
RANGE = re.compile(rf"({NUMBER})\.\.({NUMBER})( log)?")


@dataclasses.dataclass(frozen=True)
class Choice:
    """One of several texts for a field."""

    field: str
    texts: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Range:
    """A number from `low` to `high`, both included; `whole`: a whole one; `log`: drawn by its logarithm."""

    field: str
    low: float
    high: float
    whole: bool
    log: bool


def metric(experiment: config.Experiment) -> str:
    """The key of the score that the best settings are best in."""
    return experiment.tune.metric or experiment.gate.metric


def space(tune: config.Tune) -> list[Choice | Range]:
    """What is searched.

    Raises:
      UserError: it is empty, or a range is none.
    """
    if not tune.space:
        raise errors.UserError(
            "`tune.space` is empty; name fields and what they may be, such as 'model.width=8|16,"
            "train.learning_rate=1e-4..1e-2 log'."
        )
    return [_dimension(field, text) for field, text in tune.space]


def considered(experiment: config.Experiment) -> list[config.Training]:
    """All settings that training may come to depend on: its own, and where there is a search their `variants`.

    Raises:
      UserError: as `variants`.
    """
    settings = config.training_of(experiment)
    return [settings, *(variants(settings, experiment.tune) if experiment.tune is not None else ())]


def variants(settings: config.Training, tune: config.Tune) -> list[config.Training]:
    """The settings with each candidate and each end of a range by itself: what does not fit comes to light here.

    Raises:
      UserError: a field is unknown or not of training, or a candidate is no value of it.
    """
    found = []
    for each in space(tune):
        texts = each.texts if isinstance(each, Choice) else (each.low, each.high)
        found += [apply(settings, {each.field: value}) for value in texts]
    return found


def apply(settings: config.Training, values: Mapping[str, object]) -> config.Training:
    """The settings with the fields {dotted name: number or text}; parts such as `model` before their fields.

    Raises:
      UserError: as `variants`.
    """
    try:
        return overrides.apply(settings, {field: str(value) for field, value in values.items()})
    except errors.UserError as error:
        raise errors.UserError(f"`tune.space`: {error}") from None


def shortened(settings: config.Training, share: float) -> config.Training:
    """The settings of a trial that takes a share of the steps: nothing is evaluated before its end."""
    steps = max(1, round(share * settings.train.steps))
    learning = dataclasses.replace(
        settings.train,
        steps=steps,
        schedule=_shortened(settings.train.schedule, share),
        warmup_steps=min(round(share * settings.train.warmup_steps), steps - 1),
        evaluate_every=0,
        patience=0,
    )
    return dataclasses.replace(settings, train=learning, metric="")


def _shortened(schedule: Any, share: float) -> Any:
    """A schedule's Config for a share of the run; those whose places are all fractions of the run stay as they are."""
    shortened = getattr(registry.module_of(schedule), "shortened", None)
    return shortened(schedule, share) if shortened else schedule


def _dimension(field: str, text: str) -> Choice | Range:
    found = RANGE.fullmatch(text.strip())
    if not found:
        return Choice(field, tuple(part.strip() for part in text.split("|")))
    low, high, log = found.groups()
    whole = all(re.fullmatch(r"[-+]?\d+", end) for end in (low, high))
    if float(low) >= float(high) or (log and float(low) <= 0):
        raise errors.UserError(
            f"`tune.space`: `{field}` is `{text}`; expected LOW..HIGH with LOW below HIGH and, for log, above 0."
        )
    number = int if whole else float
    return Range(field, number(low), number(high), whole, bool(log))
