"""Transposed convolution against its definition and against bilinear interpolation; where its outputs lie."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import bilinear_upsampling


def by_definition(features: np.ndarray, kernel: np.ndarray, factor: int) -> np.ndarray:
    """float [h, w, C], [k, k, D, C] -> float [factor * (h + 1), factor * (w + 1), D]: every feature adds a kernel."""
    height, width = features.shape[:2]
    result = np.zeros((factor * (height + 1), factor * (width + 1), kernel.shape[2]))
    for row in range(height):
        for column in range(width):
            window = result[factor * row :, factor * column :][: 2 * factor, : 2 * factor]
            window += kernel @ features[row, column]
    return result


@pytest.mark.parametrize("learnt", (False, True))
@pytest.mark.parametrize("factor", (2, 8))
def test_every_feature_adds_a_tent(learnt: bool, factor: int) -> None:
    features = np.random.default_rng(0).normal(size=(2, 3, 4, 3)).astype(np.float32)
    tent = np.concatenate([np.arange(0.5, factor), np.arange(factor - 0.5, 0, -1)]) / factor
    kernel = np.outer(tent, tent)[:, :, None, None] * np.eye(3)
    found = bilinear_upsampling.BilinearUpsampling(factor, learnt=learnt)(features)
    wanted = [by_definition(image, kernel, factor) for image in features]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_a_learnt_kernel_mixes_channels() -> None:
    random = np.random.default_rng(1)
    layer = bilinear_upsampling.BilinearUpsampling(2, learnt=True)
    features = random.normal(size=(1, 3, 3, 2)).astype(np.float32)
    layer(features)
    kernel = random.normal(size=(4, 4, 2, 2))
    layer.set_weights([kernel])
    np.testing.assert_allclose(layer(features)[0], by_definition(features[0], kernel, 2), atol=1e-5)


def test_a_ramp_stays_a_ramp_and_keeps_its_place() -> None:
    ramp = np.broadcast_to(np.arange(6, dtype=np.float32)[None, None, :, None], (1, 6, 6, 1))
    found = bilinear_upsampling.BilinearUpsampling(4)(ramp)[0, 12, :, 0].numpy()
    # Feature i is the middle of outputs 4 i .. 4 i + 7, position 4 i + 3.5.
    inside = np.arange(4, 24)
    np.testing.assert_allclose(found[inside], (inside - 3.5) / 4, atol=1e-5)


def test_without_its_border_it_is_half_pixel_interpolation() -> None:
    features = tf.random.stateless_normal((2, 5, 6, 3), seed=(0, 0))
    found = bilinear_upsampling.BilinearUpsampling(8)(features)[:, 4:-4, 4:-4]
    wanted = tf.image.resize(features, (40, 48), method="bilinear")
    np.testing.assert_allclose(found[:, 4:-4, 4:-4], wanted[:, 4:-4, 4:-4], atol=1e-5)


@pytest.mark.parametrize("learnt", (False, True))
def test_gradients_flow_and_only_a_learnt_kernel_is_a_weight(learnt: bool) -> None:
    layer = bilinear_upsampling.BilinearUpsampling(2, learnt=learnt)
    features = tf.ones((1, 3, 3, 2))
    with tf.GradientTape() as tape:
        tape.watch(features)
        total = tf.reduce_sum(layer(features))
    # The tent's 16 shares add up to factor^2.
    np.testing.assert_allclose(tape.gradient(total, features), np.full((1, 3, 3, 2), 4.0), atol=1e-5)
    assert [tuple(weight.shape) for weight in layer.trainable_weights] == ([(4, 4, 2, 2)] if learnt else [])


def test_half_precision_goes_in_and_float32_comes_out() -> None:
    assert bilinear_upsampling.BilinearUpsampling(2)(tf.ones((1, 2, 2, 1), tf.bfloat16)).dtype == tf.float32
