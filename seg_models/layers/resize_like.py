"""Features brought to the size of others."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class ResizeLike(keras.layers.Layer):
    """Bilinear, half-pixel centres; features of 1x1 are spread evenly."""

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """(float [B, h, w, C], float [B, H, W, D]) -> float [B, H, W, C]."""
        features, like = inputs
        return tf.cast(tf.image.resize(features, tf.shape(like)[1:3], method="bilinear"), features.dtype)
