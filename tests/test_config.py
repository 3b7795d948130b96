"""Settings: JSON round trip, overrides by dotted name, and what each step depends on."""

import dataclasses

import pytest

from seg_models import config, errors
from seg_models.datasets import camvid, toy_streets


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


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("train.steps", "7", 7),
        ("train.learning_rate", "1", 1.0),
        ("train.clip_norm", "none", None),
        ("train.clip_norm", "2.5", 2.5),
        ("train.precision", "mixed_bfloat16", "mixed_bfloat16"),
        ("input.size", "180,240", (180, 240)),
        ("input.size", "[180, 240]", (180, 240)),
        ("input.size", "None", None),
        ("evaluation.panopticapi_compatible", "True", True),
        ("dataset.seed", "11", 11),
        ("evaluation.metrics", "confusion_matrix", ("confusion_matrix",)),
        ("evaluation.metrics", "one, two", ("one", "two")),
        ("gate.minimum", "mean_iou=0.5,things.pq=1", (("mean_iou", 0.5), ("things.pq", 1.0))),
        ("gate.minimum", '[["mean_iou", 0.5]]', (("mean_iou", 0.5),)),
        ("gate.minimum", "", ()),
    ],
)
def test_override_reaches_every_kind_of_field(name: str, text: str, value: object) -> None:
    assert config.fields(config.override(experiment(), {name: text}))[name] == value


def test_override_leaves_the_rest_alone() -> None:
    changed = config.override(experiment(), {"train.steps": "7"})
    assert dataclasses.replace(changed, train=dataclasses.replace(changed.train, steps=5)) == experiment()


def test_override_replaces_a_whole_part() -> None:
    assert config.override(experiment(), {"dataset": "camvid"}).dataset == camvid.Config()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("train.step", "7", "Did you mean `steps`"),
        ("dataset", "toy_street", "Did you mean `toy_streets`"),
        ("train", "x", "`train` is a section"),
        ("train.steps.x", "1", "`steps` has no fields"),
        ("train.steps", "1.5", "`1.5` is no int"),
        ("train.steps", "true", "`true` is no int"),
        ("train.steps", "", "is no int"),
        ("input.size", "180", "is no tuple"),
        ("gate.minimum", "mean_iou", "is no tuple"),
        ("gate.minimum", "mean_iou=high", "is no tuple"),
        ("input.size", "1,2,3", "is no"),
        ("evaluation.panopticapi_compatible", "1", "is no bool"),
    ],
)
def test_override_says_what_is_wrong(name: str, text: str, message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        config.override(experiment(), {name: text})


def test_a_misspelt_field_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="stepps"):
        config.Train(stepps=3)  # type: ignore[call-arg]


def test_training_depends_neither_on_the_gate_nor_on_the_report() -> None:
    before = config.training_of(experiment())
    other_gate = config.override(experiment(), {"gate.no_worse_than_last_by": "0.1", "evaluation.gallery": "9"})
    assert config.training_of(other_gate) == before
    assert config.training_of(config.override(experiment(), {"train.seed": "1"})) != before


def test_early_stopping_makes_training_depend_on_the_gates_metric() -> None:
    patient = config.override(experiment(), {"train.patience": "2"})
    assert config.training_of(patient) != config.training_of(config.override(patient, {"gate.metric": "pq"}))
