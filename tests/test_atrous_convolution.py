"""The direct dilated convolution equals Keras's, gradients included; where it has none, Keras's is used."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import atrous_convolution


def outputs_and_gradients(layer: keras.layers.Conv2D, kernel: np.ndarray, image: tf.Tensor) -> list[np.ndarray]:
    """The features and the gradients of their squares by image and kernel."""
    with tf.GradientTape() as tape:
        tape.watch(image)
        layer.build(image.shape)
        layer.kernel.assign(kernel)
        features = layer(image)
        cost = tf.reduce_sum(tf.square(features))
    return [features.numpy(), *(gradient.numpy() for gradient in tape.gradient(cost, [image, layer.kernel]))]


@pytest.mark.parametrize("padding", ("same", "valid"))
@pytest.mark.parametrize("rate", (1, 2, 7))
def test_equals_the_plain_layer(rate: int, padding: str) -> None:
    generator = np.random.default_rng(0)
    image = tf.constant(generator.normal(size=(2, 17, 15, 3)), tf.float32)
    kernel = generator.normal(size=(3, 3, 3, 4))
    arguments = {"filters": 4, "kernel_size": 3, "dilation_rate": rate, "padding": padding, "use_bias": False}
    plain = outputs_and_gradients(keras.layers.Conv2D(**arguments), kernel, image)
    ours = outputs_and_gradients(atrous_convolution.AtrousConv2D(**arguments), kernel, image)
    for expected, computed in zip(plain, ours):
        np.testing.assert_allclose(computed, expected, rtol=1e-4, atol=1e-4)


def test_trains_where_the_device_has_no_direct_gradient() -> None:
    layer = atrous_convolution.AtrousConv2D(4, 3, dilation_rate=2, padding="same", dtype="float16")
    image = tf.ones((1, 9, 9, 2), tf.float16)
    with tf.GradientTape() as tape:
        cost = tf.reduce_sum(layer(image))
    assert np.isfinite(tape.gradient(cost, layer.kernel)).all()
