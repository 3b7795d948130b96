"""Combo loss of four pixels, by hand."""

import numpy as np
import pytest

from seg_models import errors, soft_counts
from seg_models.losses import combo, dice
from tests import four_pixels


def test_by_hand() -> None:
    scope = soft_counts.Scope(skip_classes=(0,))
    entropy = -(0.8 * np.log([0.5, 0.2]).sum() + 0.2 * np.log([0.9, 0.7]).sum()) / 4
    overlap = four_pixels.cost(dice.Config(squared=False, scope=scope))
    found = four_pixels.cost(combo.Config(alpha=0.3, beta=0.8, scope=scope))
    assert found == pytest.approx(0.3 * entropy + 0.7 * overlap)


def test_more_of_the_same_pixels_change_nothing() -> None:
    config = combo.Config(smoothing=0.0)
    assert four_pixels.cost(config, weight=(7, 7, 7, 7)) == pytest.approx(four_pixels.cost(config))


@pytest.mark.parametrize("fields", [{"alpha": 1.5}, {"beta": -0.1}])
def test_impossible_settings(fields: dict[str, float]) -> None:
    with pytest.raises(errors.UserError, match="expected both within 0..1"):
        combo.Config(**fields)
