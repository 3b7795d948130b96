"""Settings: JSON round trip, and what each step depends on."""

import pytest

from seg_models import config, errors, overrides
from seg_models.datasets import toy_streets


def experiment() -> config.Experiment:
    """An experiment whose parts need no TensorFlow."""
    train = config.Train(steps=5, optimizer=None, schedule=None, clip_norm=0.5)
    gate = config.Gate(minimum=(("mean_iou", 0.5), ("things.pq", 0.1)))
    return config.Experiment(toy_streets.Config(seed=3), None, train, config.Input((4, 6)), gate=gate)


def test_json_gives_an_equal_experiment_back() -> None:
    text = config.to_json(experiment())
    assert config.from_json(text) == experiment()
    assert config.to_json(config.from_json(text)) == text


def test_json_names_no_class_outside_the_project() -> None:
    with pytest.raises(errors.UserError, match="subprocess:Popen"):
        config.from_json('{"class": "subprocess:Popen", "args": "true"}')


def test_a_misspelt_field_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="stepps"):
        config.Train(stepps=3)  # type: ignore[call-arg]


def test_training_depends_neither_on_the_gate_nor_on_the_report() -> None:
    before = config.training_of(experiment())
    other_gate = overrides.apply(experiment(), {"gate.no_worse_than_last_by": "0.1", "evaluation.gallery": "9"})
    assert config.training_of(other_gate) == before
    assert config.training_of(overrides.apply(experiment(), {"train.seed": "1"})) != before


def test_early_stopping_makes_training_depend_on_the_gates_metric() -> None:
    patient = overrides.apply(experiment(), {"train.patience": "2"})
    assert config.training_of(patient) != config.training_of(overrides.apply(patient, {"gate.metric": "pq"}))
