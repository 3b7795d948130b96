"""Sensitivity-specificity loss of four pixels, by hand."""

import pytest

from seg_models import errors, soft_counts
from seg_models.losses import sensitivity_specificity
from tests import four_pixels


def test_by_hand() -> None:
    """Errors 0.5 and 0.8 on the class, 0.1 and 0.3 off it."""
    config = sensitivity_specificity.Config(0.1, soft_counts.Scope(skip_classes=(0,)))
    expected = 0.1 * (0.25 + 0.64) / 2 + 0.9 * (0.01 + 0.09) / 2
    assert four_pixels.cost(config) == pytest.approx(expected)


def test_the_ratio_is_a_fraction() -> None:
    with pytest.raises(errors.UserError, match="`ratio` is 1.5"):
        sensitivity_specificity.Config(1.5)
