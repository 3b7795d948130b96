"""Balanced cross-entropy against the paper's formula for two classes."""

import numpy as np
import pytest

from seg_models import soft_counts
from seg_models.losses import balanced_cross_entropy
from tests import four_pixels


def test_two_classes_are_weighed_as_in_the_paper() -> None:
    """beta = 3/4 of the pixels are negative; the paper's sum is 2 N beta (1 - beta) times ours."""
    paper = -0.75 * np.log(0.5) - 0.25 * np.log([0.8, 0.9, 0.7]).sum()
    found = four_pixels.cost(balanced_cross_entropy.Config(), truth=(1, 0, 0, 0))
    assert found == pytest.approx(paper / (2 * 4 * 0.75 * 0.25))


def test_more_of_the_same_pixels_change_nothing() -> None:
    once = four_pixels.cost(balanced_cross_entropy.Config())
    assert four_pixels.cost(balanced_cross_entropy.Config(), weight=(1, 1, 30, 30)) == pytest.approx(once)


def test_an_absent_class_is_in_no_mean() -> None:
    found = four_pixels.cost(balanced_cross_entropy.Config(), truth=(0, 0, 0, 0))
    assert found == pytest.approx(-np.log([0.5, 0.8, 0.9, 0.7]).mean())
    forced = balanced_cross_entropy.Config(soft_counts.Scope())
    assert four_pixels.cost(forced, truth=(0, 0, 0, 0)) == pytest.approx(found / 2)
