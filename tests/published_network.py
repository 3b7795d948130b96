"""Networks of keras.applications to compare with: no two weights alike, saved as they are published."""

from collections.abc import Callable, Iterable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

ODD_LEVELS = 97  # pixels; all levels have an odd number of features, so that no kernel of 3 is off the middle


def image(height: int, width: int) -> np.ndarray:
    """Float32 0..255 [2, height, width, 3], the same every time."""
    return np.random.default_rng(0).uniform(0, 255, (2, height, width, 3)).astype(np.float32)


def save(application: Callable[..., keras.Model], folder: Path, pixels: np.ndarray) -> tuple[keras.Model, str]:
    """The network without its classifier, and the path of its weights.

    Statistics become those of `pixels` [B, H, W, 3], as the network wants them; then biases, factors and statistics
    are disturbed, for new ones are all 0 or 1, and a comparison would not see that one is missing.
    """
    network = application(include_top=False, weights=None, input_shape=pixels.shape[1:])
    normalizations = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in normalizations:
        layer.momentum = 0.0
    if normalizations:
        network(pixels, training=True)
    random = np.random.default_rng(1)
    for weight in network.weights:
        if len(weight.shape) == 1:
            weight.assign(weight * random.uniform(0.9, 1.1, weight.shape) + random.uniform(0.01, 0.05, weight.shape))
    path = folder / "weights.h5"
    network.save_weights(path)
    return network, str(path)


def features(network: keras.Model, layers: Iterable[str], pixels: np.ndarray) -> list[tf.Tensor]:
    """What these layers of the network give."""
    return keras.Model(network.input, [network.get_layer(name).output for name in layers])(pixels)


def differences(level: Callable[[np.ndarray], tf.Tensor], large: np.ndarray, theirs: tf.Tensor) -> list[float]:
    """How far our features are from theirs if they are taken from another place, the best place first.

    Args:
      level: our features, stride 4, of an image.
      large: float [B, H, W, 3]; our images are cut from it.
      theirs: float [B, h, w, C], stride 4, of its first rows and columns.
    """
    margin = 6  # features at the border that are left out, for the two networks see different borders
    inside = theirs[:, margin:-margin, margin:-margin].numpy()
    rows, columns = inside.shape[1:3]
    found = []
    for shift in range(4):
        ours = level(large[:, shift : shift + ODD_LEVELS, shift : shift + ODD_LEVELS]).numpy()
        for start in range(margin - 2, margin + 3):
            place = ours[:, start : start + rows, start : start + columns]
            found.append(float(np.abs(place - inside).max() / np.abs(inside).max()))
    return sorted(found)


def assert_equal(ours: tf.Tensor, theirs: tf.Tensor) -> None:
    """Float [B, h, w, C] each: equal up to rounding, and not because all is 0."""
    assert np.std(theirs) > 1e-3
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())
