"""What is typed: options, dotted fields, suggestions."""

import dataclasses
from pathlib import Path

import pytest

from pipeline import arguments as typed
from seg_models import config


def parser() -> typed.Parser:
    """A parser with a positional argument and two options."""
    made = typed.Parser(prog="segline run", allow_abbrev=False)
    made.add_argument("experiment")
    made.add_argument("--root")
    made.add_argument("--show", action="store_true")
    return made


def test_fields_may_stand_anywhere_and_take_either_form() -> None:
    found = typed.parse(parser(), ["--train.steps", "100", "unet", "--root=r", "--train.seed=-3", "--show"], True)
    assert (found.experiment, found.root, found.show) == ("unet", "r", True)
    assert found.fields == {"train.steps": "100", "train.seed": "-3"}


def test_a_negative_number_is_a_value() -> None:
    assert typed.parse(parser(), ["unet", "--train.seed", "-3"], True).fields == {"train.seed": "-3"}


def test_an_unknown_option_suggests_the_nearest_where_fields_are_not_taken() -> None:
    with pytest.raises(typed.UsageError, match="no option `--rot`. Did you mean `--root`?"):
        typed.parse(parser(), ["unet", "--rot", "x"], False)


def test_options_are_not_abbreviated() -> None:
    with pytest.raises(typed.UsageError, match="Did you mean `--show`"):
        typed.parse(parser(), ["unet", "--sho"], False)


def test_a_missing_argument_is_an_error_of_usage() -> None:
    with pytest.raises(typed.UsageError, match="experiment"):
        typed.parse(parser(), [], True)


def test_replaced_suggests_among_options_and_fields() -> None:
    found = typed.parse(parser(), ["unet", "--gallry", "1"], True)
    with pytest.raises(typed.UsageError, match="Did you mean `--gallery`?"):
        typed.replaced(config.Evaluation(), found.fields, found)
    found = typed.parse(parser(), ["unet", "--rooot", "1"], True)
    with pytest.raises(typed.UsageError, match="Did you mean `--root`?"):
        typed.replaced(config.Evaluation(), found.fields, found)


@dataclasses.dataclass(frozen=True)
class Outer:
    """A dataclass with a pluggable part."""

    metric: object = config.part("seg_models.datasets", default=None)


def test_a_part_is_replaced_before_its_fields() -> None:
    found = typed.parse(parser(), ["unet", "--metric.seed", "7", "--metric", "toy_streets"], True)
    replaced = typed.replaced(Outer(), found.fields, found)
    assert replaced.metric.seed == 7


def test_a_wrong_value_names_field_and_value() -> None:
    found = typed.parse(parser(), ["unet", "--gallery", "many"], True)
    with pytest.raises(typed.UsageError, match="`gallery`: `many` is no int"):
        typed.replaced(config.Evaluation(), found.fields, found)


def test_one_of_names_the_nearest() -> None:
    made = parser()
    made.add_argument("--on_error", type=typed.one_of("the ways", ("fail", "skip")))
    with pytest.raises(typed.UsageError, match="Did you mean `skip`"):
        typed.parse(made, ["unet", "--on_error", "skipp"], True)


def test_an_unknown_experiment_is_an_error_of_usage() -> None:
    with pytest.raises(typed.UsageError, match="No `no_such_thing` among experiments"):
        typed.known_experiment("no_such_thing")


def test_folder_is_absolute_but_for_buckets() -> None:
    assert typed.folder("x") == str(Path.cwd() / "x")
    assert typed.folder("gs://bucket/x") == "gs://bucket/x"
