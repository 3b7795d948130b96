"""Focal Tversky loss of four pixels, by hand."""

import numpy as np
import pytest

from seg_models import errors, soft_counts
from seg_models.losses import focal_tversky, tversky
from tests import four_pixels


def test_by_hand() -> None:
    """The classes' errors to the power 3/4: (0.4, 1.3) false and missed of the one, (1.3, 0.4) of the other."""
    counts = (0.7, 0.4, 1.3), (1.6, 1.3, 0.4)
    wrong = [1 - right / (right + 0.3 * false + 0.7 * missed) for right, false, missed in counts]
    config = focal_tversky.Config(index=tversky.Config(smoothing=0.0))
    assert four_pixels.cost(config) == pytest.approx(np.mean(np.power(wrong, 0.75)))


def test_gamma_1_is_tversky() -> None:
    index = tversky.Config(scope=soft_counts.Scope(skip_classes=(0,)))
    assert four_pixels.cost(focal_tversky.Config(1.0, index)) == pytest.approx(four_pixels.cost(index))


def test_gamma_is_positive() -> None:
    with pytest.raises(errors.UserError, match="`gamma` is 0"):
        focal_tversky.Config(gamma=0)
