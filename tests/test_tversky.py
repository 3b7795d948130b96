"""Tversky loss of four pixels, by hand, and what it turns into."""

import pytest

from seg_models import errors, soft_counts
from seg_models.losses import dice, jaccard, tversky
from tests import four_pixels


def test_by_hand() -> None:
    """Of the second class 0.7 is right, 0.4 a false alarm and 1.3 missed."""
    config = tversky.Config(0.2, 0.9, smoothing=0.0, scope=soft_counts.Scope(skip_classes=(0,)))
    assert four_pixels.cost(config) == pytest.approx(1 - 0.7 / (0.7 + 0.2 * 0.4 + 0.9 * 1.3))


def test_it_holds_dice_and_jaccard() -> None:
    half = four_pixels.cost(tversky.Config(0.5, 0.5, smoothing=0.0))
    assert half == pytest.approx(four_pixels.cost(dice.Config(squared=False, smoothing=0.0)))
    assert four_pixels.cost(tversky.Config(1.0, 1.0)) == pytest.approx(four_pixels.cost(jaccard.Config()))


@pytest.mark.parametrize("factors", [(-0.1, 1.0), (0.0, 0.0)])
def test_impossible_settings(factors: tuple[float, float]) -> None:
    with pytest.raises(errors.UserError, match="`alpha` is"):
        tversky.Config(*factors)
