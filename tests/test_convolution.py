"""Bricks of decoders: sizes, what they consist of, precision."""

import keras
import numpy as np
import tensorflow as tf

from seg_models.layers import convolution, normalization

GROUP = normalization.Norm("group")


def test_block_and_separable_keep_the_size_and_end_in_relu() -> None:
    image = keras.Input((None, None, 4))
    image_values = np.random.default_rng(0).normal(size=(2, 9, 7, 4)).astype(np.float32)
    for brick in (convolution.block, convolution.separable):
        features = keras.Model(image, brick(image, 8, GROUP, kernel_size=5, rate=2))(image_values)
        assert features.shape == (2, 9, 7, 8)
        assert float(tf.reduce_min(features)) == 0


def test_separable_is_depthwise_then_pointwise() -> None:
    image = keras.Input((None, None, 4))
    network = keras.Model(image, convolution.separable(image, 8, GROUP, kernel_size=5))
    kernels = [tuple(variable.shape) for variable in network.trainable_variables if len(variable.shape) == 4]
    assert kernels == [(5, 5, 4, 1), (1, 1, 4, 8)]


def test_depthwise_convolution_keeps_the_scale_of_its_input() -> None:
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 512))
    network = keras.Model(image, convolution.separable(image, 8, GROUP))
    depthwise = next(layer for layer in network.layers if isinstance(layer, keras.layers.DepthwiseConv2D))
    features = depthwise(tf.random.normal((1, 16, 16, 512)))
    assert 1.2 < float(tf.math.reduce_std(features)) < 1.6, "He: the variance doubles, and ReLU halves it"


def test_scores_are_float32_under_mixed_precision() -> None:
    features = keras.Input((None, None, 4), dtype="bfloat16")
    assert convolution.scores(features, 3, name="semantic").dtype == tf.float32
