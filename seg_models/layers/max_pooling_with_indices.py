"""2x2 max pooling that remembers where each maximum stood (SegNet, Badrinarayanan et al. 2017, section 3)."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class MaxPoolingWithIndices(keras.layers.Layer):
    """Maxima of windows of 2x2 at stride 2; at an odd edge the last window is what is left of it.

    The first of several equal maxima counts, row by row, and it alone gets the gradient. This is torch's MaxPool2d(2,
    ceil_mode=True, return_indices=True) but for what an index counts from.
    """

    def call(self, features: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Float [B, H, W, C] -> (float, int64) [B, ceil(H / 2), ceil(W / 2), C].

        The index is the place in the whole of `features` laid out flat: ((b * H + y) * W + x) * C + c.
        """
        pooled, indices = tf.nn.max_pool_with_argmax(
            features, ksize=2, strides=2, padding="SAME", include_batch_in_index=True
        )
        return pooled, indices
