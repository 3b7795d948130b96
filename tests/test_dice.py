"""Dice loss of four pixels, by hand."""

import numpy as np
import pytest

from seg_models import errors, soft_counts
from seg_models.losses import dice
from tests import four_pixels

SECOND_ALONE = soft_counts.Scope(skip_classes=(0,))


def test_plain_denominator() -> None:
    """2 * 0.7 / (2 + 1.1) and 2 * 1.6 / (2 + 2.9)."""
    config = dice.Config(squared=False, smoothing=0.0)
    assert four_pixels.cost(config) == pytest.approx(1 - (1.4 / 3.1 + 3.2 / 4.9) / 2)


def test_squared_denominator_of_the_foreground() -> None:
    """The squares are 0.25 + 0.04 + 0.01 + 0.09."""
    config = dice.Config(smoothing=0.0, scope=SECOND_ALONE)
    assert four_pixels.cost(config) == pytest.approx(1 - 1.4 / 2.39)


def test_smoothing_counts_as_pixels() -> None:
    config = dice.Config(squared=False, smoothing=1.0, scope=SECOND_ALONE)
    assert four_pixels.cost(config) == pytest.approx(1 - 2.4 / 4.1)


def test_at_certain_predictions_it_is_1_minus_f1() -> None:
    config = dice.Config(smoothing=0.0, scope=SECOND_ALONE)
    almost = np.clip([1, 0, 1, 0], 1e-12, 1 - 1e-12)
    assert four_pixels.cost(config, second=almost) == pytest.approx(1 - 2 * 1 / (2 + 2))


def test_a_pixel_of_weight_3_is_three_pixels() -> None:
    config = dice.Config(squared=False, smoothing=0.0, scope=SECOND_ALONE)
    found = four_pixels.cost(config, weight=(3, 1, 1, 0))
    assert found == pytest.approx(1 - 2 * (3 * 0.5 + 0.2) / (4 + 1.5 + 0.2 + 0.1))


def test_smoothing_is_not_negative() -> None:
    with pytest.raises(errors.UserError, match="`smoothing` is -1"):
        dice.Config(smoothing=-1)
