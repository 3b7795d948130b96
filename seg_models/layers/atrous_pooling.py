"""Pooling with holes: what a strided network's pooling becomes where the stride is given up for dilation.

The idea is the "a trous" algorithm's (DeepLab, Chen et al., 2016, section 3.1), applied to poolings too, so that the
dilated network still computes what the strided one does, and the pixels in between.
"""

import keras
import tensorflow as tf


class _AtrousPooling2D(keras.layers.Layer):
    """Pooling of stride 1: output i sees the inputs i + rate * (j - (size - 1) // 2), j < size, along both axes.

    With rate 1 this is Keras' pooling of stride 1, padded "same".

    Args:
      pool_size: side of the window, in pixels that it sees.
      dilation_rate: distance between those pixels.
    """

    def __init__(self, pool_size: int, dilation_rate: int = 1, name: str | None = None) -> None:
        super().__init__(name=name)
        self.pool_size = pool_size
        self.dilation_rate = dilation_rate

    def padded(self, features: tf.Tensor, value: float) -> tf.Tensor:
        """Float [B, H, W, C] -> the same with a border that makes up for what the window takes away."""
        border = ((self.pool_size - 1) // 2 * self.dilation_rate, self.pool_size // 2 * self.dilation_rate)
        return tf.pad(features, ((0, 0), border, border, (0, 0)), constant_values=value)

    def pooled(self, padded: tf.Tensor, kind: str) -> tf.Tensor:
        """Float [B, H + (size - 1) * rate, W + (size - 1) * rate, C] -> [B, H, W, C]."""
        return tf.nn.pool(padded, [self.pool_size] * 2, kind, padding="VALID", dilations=[self.dilation_rate] * 2)

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"pool_size": self.pool_size, "dilation_rate": self.dilation_rate, "name": self.name}


@keras.saving.register_keras_serializable(package="segline")
class AtrousMaxPooling2D(_AtrousPooling2D):
    """The largest of the pixels that lie in the image."""

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Float [B, H, W, C] -> the same shape."""
        return tf.ensure_shape(self.pooled(self.padded(features, features.dtype.min), "MAX"), features.shape)


@keras.saving.register_keras_serializable(package="segline")
class AtrousAveragePooling2D(_AtrousPooling2D):
    """The mean of the pixels that lie in the image."""

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Float [B, H, W, C] -> the same shape."""
        inside = tf.ones_like(features[:1, ..., :1])
        share = self.pooled(self.padded(inside, 0.0), "AVG")
        return tf.ensure_shape(self.pooled(self.padded(features, 0.0), "AVG") / share, features.shape)
