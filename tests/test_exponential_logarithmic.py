"""Exponential logarithmic loss of four pixels, by hand."""

import numpy as np
import pytest

from seg_models import errors, soft_counts
from seg_models.losses import exponential_logarithmic
from tests import four_pixels


def test_by_hand() -> None:
    """Dice with 1 added above and below, of each class."""
    dice = np.mean((-np.log([2.4 / 4.1, 4.2 / 5.9])) ** 0.5)
    cross = (-np.log([0.5, 0.2, 0.9, 0.7])) ** 0.25
    config = exponential_logarithmic.Config(0.6, 0.4, dice_gamma=0.5, cross_gamma=0.25)
    found = four_pixels.cost(config)
    assert found == pytest.approx(0.6 * dice + 0.4 * cross.mean())


def test_weights_multiply_the_cross_part_and_divide_nothing() -> None:
    cross = (-np.log([0.5, 0.2, 0.9, 0.7])) ** 0.3
    config = exponential_logarithmic.Config(dice_weight=0.0, cross_weight=1.0)
    assert four_pixels.cost(config, weight=(3, 3, 1, 1)) == pytest.approx((cross @ [3, 3, 1, 1]) / 4)
    assert four_pixels.cost(config, weight=(3, 0, 1, 1)) == pytest.approx((cross @ [3, 0, 1, 1]) / 3)


def test_weights_are_not_counted_by_dice() -> None:
    """But 0 leaves a pixel out of it: of the second class, 0.5 is right, 0.9 predicted and 1 there."""
    config = exponential_logarithmic.Config(dice_weight=1.0, cross_weight=0.0)
    assert four_pixels.cost(config, weight=(3, 3, 1, 1)) == pytest.approx(four_pixels.cost(config))
    expected = np.mean((-np.log([2.0 / 2.9, 4.2 / 5.1])) ** 0.3)
    assert four_pixels.cost(config, weight=(3, 0, 1, 1)) == pytest.approx(expected)


def test_what_is_skipped_is_skipped_by_dice_alone() -> None:
    config = exponential_logarithmic.Config(scope=soft_counts.Scope(skip_classes=(0,)))
    cross = np.mean((-np.log([0.5, 0.2, 0.9, 0.7])) ** 0.3)
    assert four_pixels.cost(config) == pytest.approx(0.8 * (-np.log(2.4 / 4.1)) ** 0.3 + 0.2 * cross)


@pytest.mark.parametrize("field", ["smoothing", "dice_gamma", "cross_gamma"])
def test_impossible_settings(field: str) -> None:
    with pytest.raises(errors.UserError, match=f"`{field}`( is)? 0[,;]"):
        exponential_logarithmic.Config(**{field: 0})
