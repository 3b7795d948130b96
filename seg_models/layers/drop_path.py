"""Stochastic depth (Huang et al., 2016): in training a residual block now and then leaves an image as it is."""

import keras
import tensorflow as tf

from seg_models.layers import dropout


@keras.saving.register_keras_serializable(package="segline")
class DropPath(dropout.Dropout):
    """Sets a share of the batch's images to 0 in training and scales the others up; resumable as Dropout is.

    Args:
      rate: share of the images.
    """

    def mask_shape(self, features: tf.Tensor) -> tf.Tensor:
        """Int32 [rank of the features]: one decision an image."""
        return tf.concat([tf.shape(features)[:1], tf.ones([features.shape.rank - 1], tf.int32)], axis=0)


def layer(rate: float, name: str | None = None) -> keras.layers.Layer:
    """DropPath, or where nothing is ever dropped a layer that does nothing and has no state."""
    return DropPath(rate, name=name) if rate else keras.layers.Activation("linear", name=name)
