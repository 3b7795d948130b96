"""Random arrays and weights, and how equal two results are."""

from typing import Any

import keras
import numpy as np

TOLERANCE = 1e-4  # of the largest value


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    """Float32 of this shape, the same every time."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def pixels(count: int, height: int, width: int) -> np.ndarray:
    """Float32 0..255 [count, height, width, 3], the same every time."""
    return np.random.default_rng(0).uniform(0, 255, (count, height, width, 3)).astype(np.float32)


def settle(network: keras.Model, image: np.ndarray) -> None:
    """Makes the statistics those of float [B, H, W, 3], so that nothing dies out on the way through the network.

    Then biases, factors and statistics get values that are all different: a new network's are 0 and 1, and a comparison
    would not see that one is missing or in another's place.
    """
    for layer in network.submodules:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    network(image, training=True)
    random = np.random.default_rng(1)
    for weight in network.weights:
        if len(weight.shape) == 1:
            weight.assign(weight * random.uniform(0.8, 1.2, weight.shape) + random.uniform(0.02, 0.1, weight.shape))


def difference(ours: Any, theirs: Any) -> float:
    """The largest difference of two float arrays of one shape, in parts of the largest value."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert np.any(theirs), "all is 0: nothing is compared"
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def assert_equal(what: str, ours: Any, theirs: Any, tolerance: float = TOLERANCE) -> None:
    """Float arrays of one shape are equal up to rounding; `pytest -s` shows how far."""
    found = difference(ours, theirs)
    print(f"{what}: {found:.1e}")
    assert found < tolerance, what
