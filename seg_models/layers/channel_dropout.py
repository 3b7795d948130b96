"""Dropout of whole channels (Tompson et al., 2015, section 3.2): neighbouring pixels would give away single ones."""

import keras
import tensorflow as tf

from seg_models.layers import dropout


@keras.saving.register_keras_serializable(package="segline")
class ChannelDropout(dropout.Dropout):
    """Sets a share of each image's channels to 0 in training and scales the others up; resumable as Dropout is.

    Args:
      rate: share of the channels.
    """

    def mask_shape(self, features: tf.Tensor) -> tf.Tensor:
        """Int32 [4]: one decision an image and channel of float [B, H, W, C]."""
        count, _, _, channels = tf.unstack(tf.shape(features))
        return tf.stack([count, 1, 1, channels])
