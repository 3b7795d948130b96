"""Stochastic depth (Huang et al., 2016): in training, whole residual branches are left out, image by image."""

import keras
import tensorflow as tf

from seg_models.layers import dropout


@keras.saving.register_keras_serializable(package="segline")
class StochasticDepth(dropout.Dropout):
    """Stands at the end of a residual branch. Sets it to 0 for a share of the images and scales the others up.

    Args:
      rate: share of the images.
    """

    def call(self, features: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Float [B, ...] -> the same."""
        if not training or not self.rate:
            return features
        each_image = tf.ones([tf.shape(features)[0]] + [1] * (features.shape.rank - 1), features.dtype)
        return features * super().call(each_image, training=True)


def rates(highest: float, blocks: int) -> tuple[float, ...]:
    """Each block's rate: rising evenly from 0 in the first to `highest` in the last (section 3)."""
    return tuple(highest * index / max(blocks - 1, 1) for index in range(blocks))
