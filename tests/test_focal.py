"""Focal loss by hand, and against the sigmoid one of tensorflow-addons."""

import numpy as np
import pytest

from seg_models import errors
from seg_models.losses import cross_entropy, focal
from tests import four_pixels


def test_by_hand() -> None:
    right = np.array([0.5, 0.2, 0.9, 0.7])
    expected = np.mean((1 - right) ** 2 * -np.log(right))
    assert four_pixels.cost(focal.Config()) == pytest.approx(expected)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_two_classes_are_the_sigmoid_loss_of_addons(gamma: float) -> None:
    import tensorflow_addons as tfa

    reference = tfa.losses.SigmoidFocalCrossEntropy(alpha=0.25, gamma=gamma, reduction="none")
    each = reference(np.array(four_pixels.TRUTH, float)[:, None], np.array(four_pixels.SECOND)[:, None])
    found = four_pixels.cost(focal.Config(gamma, alpha=(0.75, 0.25)))
    assert found == pytest.approx(np.mean(each), rel=1e-5)


def test_gamma_0_is_cross_entropy() -> None:
    weight = (1, 5, 2, 0)
    expected = four_pixels.cost(cross_entropy.Config(), weight=weight)
    assert four_pixels.cost(focal.Config(0.0), weight=weight) == pytest.approx(expected)


def test_alpha_is_one_number_a_class() -> None:
    with pytest.raises(errors.UserError, match="`alpha` has 1 numbers; expected 2"):
        four_pixels.cost(focal.Config(alpha=(0.25,)))
