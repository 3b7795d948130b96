"""Bounds: the least itself passes `at_least`, the limit itself neither `above` nor `below`; None means nothing."""

import dataclasses
import math

import pytest

from seg_models import bounds, errors


@dataclasses.dataclass(frozen=True)
class Numbers:
    """Two numbers."""

    first: float | None = 1.0
    second: float | None = 2.0


def test_what_lies_within_passes() -> None:
    for settings in (Numbers(), Numbers(None, None)):
        bounds.at_least(1, settings, "some", "first", "second")
        bounds.above(0.5, settings, "some", "first", "second")
        bounds.below(2.5, settings, "some", "first", "second")


@pytest.mark.parametrize("value", [-5.0, math.nan])
def test_what_lies_below_is_named(value: float) -> None:
    with pytest.raises(errors.UserError, match=f"`some.second` is {value}; expected 1 or more"):
        bounds.at_least(1, Numbers(second=value), "some", "first", "second")
    with pytest.raises(errors.UserError, match=f"`some.second` is {value}; expected more than 0"):
        bounds.above(0, Numbers(second=value), "some", "first", "second")


@pytest.mark.parametrize("value", [5.0, math.nan])
def test_what_lies_above_is_named(value: float) -> None:
    with pytest.raises(errors.UserError, match=f"`some.second` is {value}; expected less than 3"):
        bounds.below(3, Numbers(second=value), "some", "first", "second")


def test_the_limits_themselves() -> None:
    bounds.at_least(1, Numbers(), "some", "first")
    for bound in (bounds.above, bounds.below):
        with pytest.raises(errors.UserError, match="`some.first`"):
            bound(1, Numbers(), "some", "first")
