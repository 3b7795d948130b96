"""hold_out: which items are eval, and that it is a matter of their keys alone."""

import pytest

from seg_models import dataset, errors
from seg_models.raw import hold_out


def made(count: int) -> list[dataset.Item]:
    return [dataset.Item(f"image_{number:04d}") for number in range(count)]


def keys(count: int, split: str, fraction: float) -> list[str]:
    return [item.key for item in hold_out.part(iter(made(count)), split, fraction)]


def test_two_parts_of_the_whole_in_its_order() -> None:
    train, held_out = keys(1000, "train", 0.2), keys(1000, "eval", 0.2)
    assert sorted(train + held_out) == [item.key for item in made(1000)]
    assert train == sorted(train) and held_out == sorted(held_out)
    assert 150 < len(held_out) < 250
    assert keys(1000, "test", 0.2) == []


def test_the_choice_is_that_of_always() -> None:
    # Were it another, records of before and after would have images of the one's eval in the other's train.
    assert hold_out.chosen("abcdefgh", 0.5) == set("bcdef")


def test_an_image_stays_where_it_is_when_others_are_added() -> None:
    assert set(keys(300, "eval", 0.3)) == set(keys(1000, "eval", 0.3)) & {item.key for item in made(300)}


@pytest.mark.parametrize("fraction", [0.001, 0.999])
def test_neither_part_is_empty(fraction: float) -> None:
    for count in (2, 3, 10):
        assert keys(count, "train", fraction) and keys(count, "eval", fraction)
    assert keys(1, "train", fraction) == ["image_0000"] and keys(0, "eval", fraction) == []


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 20, float("nan")])
def test_a_fraction_is_between_0_and_1(fraction: float) -> None:
    with pytest.raises(errors.UserError, match="`eval_fraction` is .*; expected a number between 0 and 1"):
        hold_out.check(fraction)
