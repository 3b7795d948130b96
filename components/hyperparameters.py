"""Keras Tuner's hyperparameters, and the fields of settings that they stand for."""

import logging
from collections.abc import Mapping

import keras_tuner

from seg_models import config, tuning

log = logging.getLogger("segline")


def space(tune: config.Tune) -> keras_tuner.HyperParameters:
    """The search space, as Keras Tuner wants it.

    Raises:
      UserError: it is empty, or a range is none.
    """
    found = keras_tuner.HyperParameters()
    for each in tuning.space(tune):
        if isinstance(each, tuning.Choice):
            found.Choice(each.field, list(each.texts))
        else:
            number = found.Int if each.whole else found.Float
            number(each.field, each.low, each.high, sampling="log" if each.log else "linear")
    return found


def fields(hyperparameters: keras_tuner.HyperParameters) -> dict[str, object]:
    """{dotted field: value}, without what an algorithm keeps there for itself."""
    names = {each.name for each in hyperparameters.space}
    return {name: value for name, value in hyperparameters.values.items() if name in names}


def applied(settings: config.Training, found: Mapping[str, object]) -> config.Training:
    """The settings with what a search has found best.

    Args:
      settings: what was searched from.
      found: as TFX hands it on: the configuration of keras_tuner.HyperParameters.
    """
    values = fields(keras_tuner.HyperParameters.from_config(found))
    log.info("The search has found best: %s.", listed(values))
    return tuning.apply(settings, values)


def listed(values: Mapping[str, object]) -> str:
    """For people: train.learning_rate 0.001, model.width 8."""
    shown = {name: f"{value:.5g}" if isinstance(value, float) else value for name, value in values.items()}
    return ", ".join(f"{name} {value}" for name, value in shown.items())
