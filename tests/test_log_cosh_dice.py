"""Log-cosh Dice loss, from the Dice loss."""

import numpy as np
import pytest

from seg_models import soft_counts
from seg_models.losses import dice, log_cosh_dice
from tests import four_pixels


def test_by_hand() -> None:
    scope = soft_counts.Scope(skip_classes=(0,))
    within = four_pixels.cost(dice.Config(squared=False, scope=scope))
    assert four_pixels.cost(log_cosh_dice.Config(scope=scope)) == pytest.approx(np.log(np.cosh(within)))
