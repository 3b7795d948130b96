"""Results and gradients of ours beside those of torch. Skips what imports it where torch is not installed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.peers import arrays

torch = pytest.importorskip("torch")


def assert_equal(
    what: str, ours: Callable[..., tf.Tensor], theirs: Callable[..., Any], *inputs: np.ndarray, tolerance: float = 1e-5
) -> None:
    """Two functions of the same float32 arrays give the same, and the gradients to each of these are the same too.

    Args:
      what: is printed before the largest differences.
      ours: of tensors of TensorFlow.
      theirs: of tensors of torch, which are laid out like ours; see `first` and `last`.
      *inputs: the arrays.
      tolerance: in parts of the largest value.
    """
    constants = [tf.constant(values) for values in inputs]
    with tf.GradientTape() as tape:
        tape.watch(constants)
        found = ours(*constants)
        weights = arrays.normal(*found.shape, seed=7)
        cost = tf.reduce_sum(found * weights)
    tensors = [torch.tensor(values, requires_grad=True) for values in inputs]
    expected = theirs(*tensors)
    (expected * torch.tensor(weights)).sum().backward()
    arrays.assert_equal(what, found, expected.detach(), tolerance)
    for gradient, tensor in zip(tape.gradient(cost, constants), tensors):
        arrays.assert_equal(f"{what}, gradient", gradient, tensor.grad, tolerance)


def first(values: Any) -> Any:
    """Channels first: [B, H, W, C] -> [B, C, H, W]."""
    return values.permute(0, 3, 1, 2)


def last(values: Any) -> Any:
    """Channels last: [B, C, H, W] -> [B, H, W, C]."""
    return values.permute(0, 2, 3, 1)
