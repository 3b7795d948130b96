"""Generalised Dice loss of four pixels, by hand."""

import pytest

from seg_models import errors
from seg_models.losses import generalised_dice
from tests import four_pixels


def test_classes_of_one_size_weigh_alike() -> None:
    found = four_pixels.cost(generalised_dice.Config())
    assert found == pytest.approx(1 - 2 * (0.7 + 1.6) / (2 + 1.1 + 2 + 2.9))


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_a_class_of_three_pixels_weighs_less(power: float) -> None:
    """Truth b, a, a, a: of b 0.5 is right and 1.1 predicted; of a 0.8 + 0.9 + 0.7 and 2.9."""
    factor = 3**-power
    expected = 1 - 2 * (0.5 + factor * 2.4) / ((1 + 1.1) + factor * (3 + 2.9))
    assert four_pixels.cost(generalised_dice.Config(power), truth=(1, 0, 0, 0)) == pytest.approx(expected)


def test_an_absent_class_weighs_what_the_rarest_does() -> None:
    """All is a, 2.9 of it predicted; what is predicted as b counts as much."""
    found = four_pixels.cost(generalised_dice.Config(), truth=(0, 0, 0, 0))
    assert found == pytest.approx(1 - 2 * 2.9 / (4 + 2.9 + 1.1))


def test_power_is_not_negative() -> None:
    with pytest.raises(errors.UserError, match="`power` is -1"):
        generalised_dice.Config(-1)
