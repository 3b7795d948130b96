"""Hyperparameters of Keras Tuner stand for fields of settings, also after a round trip through JSON."""

import json

from components import hyperparameters
from seg_models import config
from tests import tiny_training

TUNE = config.Tune(
    space=(("train.learning_rate", "1e-4..1e-2 log"), ("model.width", "2..6"), ("input.size", "8,8|16,24"))
)


def test_the_space() -> None:
    found = {each.name: each.get_config() for each in hyperparameters.space(TUNE).space}
    assert list(found) == ["train.learning_rate", "model.width", "input.size"]
    rate, width, size = found.values()
    assert (rate["min_value"], rate["max_value"], rate["sampling"]) == (1e-4, 1e-2, "log")
    assert (width["min_value"], width["max_value"], width["sampling"]) == (2, 6, "linear")
    assert size["values"] == ["8,8", "16,24"]


def test_values_become_fields_of_their_types() -> None:
    found = hyperparameters.space(TUNE)
    found.values = {"train.learning_rate": 1e-05, "model.width": 3, "input.size": "8,8", "tuner/bracket": 2}
    assert list(hyperparameters.fields(found)) == ["train.learning_rate", "model.width", "input.size"]
    applied = hyperparameters.applied(tiny_training.settings(), json.loads(json.dumps(found.get_config())))
    assert (applied.train.learning_rate, applied.model.width, applied.input.size) == (1e-05, 3, (8, 8))


def test_listed() -> None:
    assert hyperparameters.listed({"a": 0.123456789, "b": 8, "c": "unet"}) == "a 0.12346, b 8, c unet"
