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
    patient = overrides.apply(experiment(), {"train.patience": "2", "train.evaluate_every": "1"})
    assert config.training_of(patient) != config.training_of(overrides.apply(patient, {"gate.metric": "pq"}))


def test_patience_without_evaluations_is_refused() -> None:
    with pytest.raises(errors.UserError, match="`train.patience` is 2 but `train.evaluate_every` is 0"):
        overrides.apply(experiment(), {"train.patience": "2"})


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("train.steps", "0"),
        ("train.checkpoint_every", "0"),
        ("train.evaluate_every", "-1"),
        ("train.evaluate_images", "-1"),
        ("train.patience", "-1"),
        ("train.seed", "-1"),
        ("train.seed", "4294967296"),
        ("train.warmup_steps", "-1"),
        ("train.weight_decay", "-0.1"),
        ("train.weight_decay", "NaN"),
        ("train.precise_bn_images", "-1"),
        ("train.learning_rate", "0"),
        ("train.clip_norm", "0"),
        ("train.clip_norm", "-1.5"),
        ("train.ema_decay", "1"),
        ("input.batch_size", "0"),
        ("input.shuffle_buffer", "0"),
        ("input.size", "0,8"),
    ],
)
def test_numbers_that_are_out_of_bounds_are_named(field: str, text: str) -> None:
    with pytest.raises(errors.UserError, match=f"(?i)`{field}` is .*{text.replace(',', '.*')}.*; expected"):
        overrides.apply(experiment(), {field: text})


def test_the_least_that_is_possible_passes() -> None:
    least = {"train.steps": "1", "train.checkpoint_every": "1", "train.seed": "0", "train.clip_norm": "none"}
    least |= {"input.batch_size": "1", "input.shuffle_buffer": "1", "input.size": "1,1", "train.ema_decay": "0"}
    assert overrides.apply(experiment(), least).input.size == (1, 1)


def test_a_misspelt_precision_is_refused() -> None:
    with pytest.raises(errors.UserError, match="`mixed_float61`.*Did you mean `mixed_float16`"):
        overrides.apply(experiment(), {"train.precision": "mixed_float61"})
