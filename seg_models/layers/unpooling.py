"""The way back from 2x2 pooling: to the places of the maxima (SegNet, section 3), or to fixed ones."""

import keras
import tensorflow as tf

from seg_models import registry

FIXED = ("nearest", "bed_of_nails")


@keras.saving.register_keras_serializable(package="segline")
class MaxUnpooling(keras.layers.Layer):
    """Puts every value where the maximum stood that MaxPoolingWithIndices found, and 0 elsewhere."""

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """(float [B, h, w, C], int64 [B, h, w, C], float [B, H, W, C]) -> float [B, H, W, C].

        Args:
          inputs: features; the indices; what was pooled, for its size.
        """
        features, indices, like = inputs
        shape = tf.shape(like, out_type=tf.int64)
        places, values = tf.reshape(indices, [-1, 1]), tf.reshape(features, [-1])
        unpooled = tf.reshape(tf.scatter_nd(places, values, tf.reduce_prod(shape)[None]), shape)
        return tf.ensure_shape(unpooled, like.shape)


@keras.saving.register_keras_serializable(package="segline")
class FixedUnpooling(keras.layers.Layer):
    """Enlarges twofold without indices.

    Args:
      kind: "nearest" (every value four times) or "bed_of_nails" (once, top left in its window; 0 elsewhere).
    """

    def __init__(self, kind: str, name: str | None = None) -> None:
        super().__init__(name=name)
        registry.check("the kinds of fixed unpooling", kind, FIXED)
        self.kind = kind

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """(float [B, ceil(H / 2), ceil(W / 2), C], float [B, H, W, D]) -> float [B, H, W, C]."""
        features, like = inputs
        height, width = tf.shape(like)[1], tf.shape(like)[2]
        unpooled = tf.repeat(tf.repeat(features, 2, axis=1), 2, axis=2)[:, :height, :width]
        if self.kind == "bed_of_nails":
            is_nail = (tf.range(height)[:, None, None] % 2 == 0) & (tf.range(width)[:, None] % 2 == 0)
            unpooled = tf.where(is_nail, unpooled, tf.zeros_like(unpooled))
        return unpooled

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"kind": self.kind, "name": self.name}
