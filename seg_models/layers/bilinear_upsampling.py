"""Transposed convolution that starts as bilinear interpolation, or stays it (FCN, sections 3.3 and 4.3)."""

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class BilinearUpsampling(keras.layers.Layer):
    """Enlarges by an integer factor; the kernel has side 2 * factor, and nothing is cut off at the borders.

    Outside of the features are zeros, into which the outputs fade. Always in float32: it is for scores.

    Args:
      factor: of the enlargement, even.
      learnt: whether the kernel, [2 * factor, 2 * factor, C, C], is a weight that starts as bilinear interpolation of
        each channel by itself; else it is no weight and stays so.
    """

    def __init__(self, factor: int, *, learnt: bool = False, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")
        self.factor = factor
        self.learnt = learnt

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the kernel where it is learnt."""
        if self.learnt:
            side, channels = 2 * self.factor, input_shape[-1]
            self.kernel = self.add_weight(
                name="kernel", shape=(side, side, channels, channels), initializer=_each_channel_by_itself
            )
        super().build(input_shape)

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Float [B, h, w, C] -> float32 [B, factor * (h + 1), factor * (w + 1), C]."""
        size, strides = tf.shape(features), [1, self.factor, self.factor, 1]
        shape = tf.stack([size[0], self.factor * (size[1] + 1), self.factor * (size[2] + 1), size[3]])
        if self.learnt:
            return tf.nn.conv2d_transpose(features, self.kernel, shape, strides=strides, padding="VALID")
        # The gradient of a depthwise convolution is the transposed one, C times cheaper than with a diagonal kernel.
        kernel = tf.tile(tf.constant(window(self.factor))[:, :, None, None], [1, 1, size[3], 1])
        enlarged = tf.nn.depthwise_conv2d_backprop_input(shape, kernel, features, strides=strides, padding="VALID")
        return tf.ensure_shape(enlarged, [features.shape[0], None, None, features.shape[3]])

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"factor": self.factor, "learnt": self.learnt, "name": self.name}


def window(factor: int) -> np.ndarray:
    """Float32 [2 * factor, 2 * factor]: the share of a feature in the outputs around it."""
    distance = np.abs(np.arange(2 * factor) - (factor - 0.5))
    share = (1 - distance / factor).astype(np.float32)
    return np.outer(share, share)


def _each_channel_by_itself(shape: tuple[int, ...], dtype: str | None = None) -> tf.Tensor:
    """Float [2 * factor, 2 * factor, C, C]."""
    kernel = window(shape[0] // 2)[:, :, None, None] * np.eye(shape[2], dtype=np.float32)
    return tf.cast(kernel, dtype or "float32")
