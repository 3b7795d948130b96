"""The context module: what it sees, what it hands on at first, its published size."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import dilated_context

CLASSES = 3


def module(kind: str, noise: float = 0.0) -> keras.Model:
    scores = keras.Input((None, None, CLASSES))
    return keras.Model(scores, dilated_context.context(scores, kind, noise=noise))


@pytest.mark.parametrize("kind", ("basic", "large"))
def test_what_is_positive_passes_at_first(kind: str) -> None:
    scores = tf.random.stateless_normal((2, 7, 9, CLASSES), seed=(0, 0))
    np.testing.assert_allclose(module(kind)(scores), np.maximum(scores, 0), atol=1e-5)
    nearly = module(kind, noise=1e-4)(scores)
    np.testing.assert_allclose(nearly, np.maximum(scores, 0), atol=0.05)


def test_noise_tells_the_channels_of_a_class_apart() -> None:
    kernel = module("large", noise=0.01).get_layer("ctx_conv1_1").kernel.numpy()
    assert kernel[1, 1, 0, 0] == kernel[1, 1, 0, 1] == 0.5
    assert (kernel[0, 0, :, 0] != kernel[0, 0, :, 1]).all() and 0 < np.abs(kernel[0, 0]).max() < 0.05


def test_what_a_score_sees_grows_as_in_table_1() -> None:
    network = module("basic")
    for layer in network.layers:
        if layer.weights:
            layer.set_weights([np.ones(layer.kernel.shape), np.zeros(CLASSES)])
    scores = tf.Variable(tf.ones((1, 81, 81, CLASSES)))
    seen = []
    for name in (*dilated_context.NAMES, dilated_context.FINAL):
        part = keras.Model(network.input, network.get_layer(name).output)
        with tf.GradientTape() as tape:
            middle = part(scores)[0, 40, 40, 0]
        rows = np.flatnonzero(tape.gradient(middle, scores).numpy().any((0, 2, 3)))
        seen.append(rows[-1] - rows[0] + 1)
    assert seen == [3, 5, 9, 17, 33, 65, 67, 67]


def test_parameters_of_table_1() -> None:
    # The paper: about 64 C^2 for the basic module, 3x3 seven times and 1x1 once; the large one's channels by table.
    assert module("basic").count_params() == 64 * CLASSES**2 + 8 * CLASSES
    widths = [CLASSES * width for width in (1, 2, 2, 4, 8, 16, 32, 32)]
    large = sum(9 * a * b + b for a, b in zip(widths[:-1], widths[1:])) + widths[-1] * CLASSES + CLASSES
    assert module("large").count_params() == large
