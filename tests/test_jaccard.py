"""Jaccard loss of four pixels, by hand."""

import numpy as np
import pytest

from seg_models import soft_counts
from seg_models.losses import jaccard
from tests import four_pixels


def test_by_hand() -> None:
    """0.7 / (2 + 1.1 - 0.7) and 1.6 / (2 + 2.9 - 1.6)."""
    assert four_pixels.cost(jaccard.Config(smoothing=0.0)) == pytest.approx(1 - (0.7 / 2.4 + 1.6 / 3.3) / 2)


def test_at_certain_predictions_it_is_1_minus_iou() -> None:
    config = jaccard.Config(smoothing=0.0, scope=soft_counts.Scope(skip_classes=(0,)))
    almost = np.clip([1, 0, 1, 0], 1e-12, 1 - 1e-12)
    assert four_pixels.cost(config, second=almost) == pytest.approx(1 - 1 / 3)
