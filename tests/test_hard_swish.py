"""Piecewise linear sigmoid and swish by hand."""

import numpy as np

from seg_models.layers import hard_swish

INPUTS = np.array([-4.0, -3.0, -1.5, 0.0, 1.5, 3.0, 4.0], np.float32)
SIGMOID = np.array([0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.0], np.float32)


def test_hard_sigmoid() -> None:
    np.testing.assert_allclose(hard_swish.HardSigmoid()(INPUTS), SIGMOID, atol=1e-6)


def test_hard_swish() -> None:
    np.testing.assert_allclose(hard_swish.HardSwish()(INPUTS), INPUTS * SIGMOID, atol=1e-6)
