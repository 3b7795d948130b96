"""Convolution with holes, by the kernels made for it where the device has them."""

import functools

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class AtrousConv2D(keras.layers.Conv2D):
    """keras.layers.Conv2D, faster when dilated.

    TensorFlow cuts a dilated convolution into rate^2 small images, which at ASPP's rates costs 2 to 12 times the
    direct kernels of oneDNN and cuDNN. Without oneDNN, or in half precision on a CPU, those have no gradient.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; asks the device what it can do."""
        super().build(input_shape)
        dilated = max(self.dilation_rate) > 1 and max(self.strides) == 1
        self.direct = dilated and _has_gradient(self.compute_dtype)

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Float [B, H, W, C], float [h, w, C, N] -> float [B, H', W', N]."""
        if not self.direct:
            return super().convolution_op(inputs, kernel)
        return tf.nn.conv2d(inputs, kernel, strides=1, padding=self.padding.upper(), dilations=self.dilation_rate)


@functools.cache
def _has_gradient(dtype: str) -> bool:
    """Whether the default device can train tf.nn.conv2d with dilation; there is no way to know but to try."""
    sizes = {"filter_sizes": [3, 3, 1, 1], "strides": [1, 1, 1, 1], "padding": "SAME", "dilations": [1, 2, 2, 1]}
    with tf.init_scope():
        image = tf.ones((1, 5, 5, 1), dtype)
        try:
            tf.raw_ops.Conv2DBackpropFilter(input=image, out_backprop=image, **sizes)
        except tf.errors.OpError:
            return False
    return True
