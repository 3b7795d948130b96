"""Zeros at the bottom and on the right, so that kernels without a middle pixel start at the first pixel."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class EndPadding(keras.layers.Layer):
    """Pads so that a "valid" convolution gives ceil(H / strides) x ceil(W / strides) features, the first at pixel 0.

    Args:
      kernel_size, strides, dilation_rate: of that convolution.
    """

    def __init__(self, kernel_size: int, strides: int = 1, dilation_rate: int = 1, name: str | None = None) -> None:
        super().__init__(name=name)
        self.kernel_size = kernel_size
        self.strides = strides
        self.dilation_rate = dilation_rate

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Float [B, H, W, C] -> float [B, H', W', C]."""
        size = tf.shape(features)[1:3]
        reach = (self.kernel_size - 1) * self.dilation_rate + 1
        needed = ((size - 1) // self.strides) * self.strides + reach
        border = tf.maximum(needed - size, 0)
        return tf.pad(features, [[0, 0], [0, border[0]], [0, border[1]], [0, 0]])

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "dilation_rate": self.dilation_rate,
            "name": self.name,
        }
