"""What is known of pixels: void and weight 0, exact logarithms near 0 and 1, powers at 0."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import known_pixels
from tests import four_pixels


def test_void_and_weight_0_are_unknown() -> None:
    batch = {"semantic": tf.constant([[[1, 255, 0, 1]]])}
    logits = tf.constant([[[[1.0, 2.0], [np.nan, 1.0], [np.inf, 1.0], [3.0, 4.0]]]])
    known = known_pixels.of(four_pixels.INFO, batch, logits, tf.constant([[[2.0, 1.0, 0.0, 1.0]]]))
    assert known.mask.numpy().ravel().tolist() == [True, False, False, True]
    assert known.semantic.numpy().ravel().tolist() == [1, 0, 0, 1]
    assert known.one_hot[0, 0].numpy().tolist() == [[0, 1], [0, 0], [0, 0], [0, 1]]
    assert known.logits[0, 0].numpy().tolist() == [[1, 2], [0, 0], [0, 0], [3, 4]]
    assert known.weight.numpy().ravel().tolist() == [2, 0, 0, 1]


@pytest.mark.parametrize(("given", "computed"), [("bfloat16", "float32"), ("float64", "float64")])
def test_at_least_float32(given: str, computed: str) -> None:
    batch = {"semantic": tf.zeros([1, 2, 2], tf.int32)}
    known = known_pixels.of(four_pixels.INFO, batch, tf.zeros([1, 2, 2, 2], given), tf.ones([1, 2, 2]))
    assert {each.dtype for each in (known.one_hot, known.logits, known.weight)} == {tf.as_dtype(computed)}


def test_both_logarithms_are_exact() -> None:
    """In float32 1 - p is 0 where the second logit is 30 or more below; its logarithm is still the logit."""
    gaps = np.array([0.0, 1.0, 30.0, 80.0, 1e4])
    logits = np.stack([np.zeros(5), -gaps, -gaps], axis=-1)[None, None].astype(np.float32)
    batch = {"semantic": tf.zeros([1, 1, 5], tf.int32)}
    known = known_pixels.of(four_pixels.INFO, batch, tf.constant(logits), tf.ones([1, 1, 5]))
    positive, negative = (each[0, 0].numpy() for each in known.one_against_rest)
    rest = np.log(2) - gaps
    np.testing.assert_allclose(negative[:, 0], np.log1p(np.exp(rest)) - rest, rtol=1e-6)
    others = np.exp(-gaps) / (1 + 2 * np.exp(-gaps))
    np.testing.assert_allclose(negative[:, 1], -np.log1p(-others), rtol=1e-5)
    np.testing.assert_allclose(positive[:, 0], np.log1p(2 * np.exp(-gaps)), atol=1e-6)


def test_powers_below_1_are_flat_at_0() -> None:
    base = tf.constant([0.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch(base)
        powers = known_pixels.power(base, 0.5)
    assert powers.numpy().tolist() == [0, 2] and tape.gradient(powers, base).numpy().tolist() == [0, 0.25]
