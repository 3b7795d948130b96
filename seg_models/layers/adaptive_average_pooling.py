"""Average pooling to a fixed number of bins, whatever the size of the features."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class AdaptiveAveragePooling2D(keras.layers.Layer):
    """The means of `bins` x `bins` regions that cover the features, as torch.nn.AdaptiveAvgPool2d divides them.

    Of n bins over a side of h pixels, bin i covers the pixels from floor(i h / n) to ceil((i + 1) h / n), the latter
    excluded: sizes need not be divisible, bins may overlap by a pixel, and may be more than the pixels.

    Args:
      bins: on each side.
    """

    def __init__(self, bins: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.bins = bins

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Float [B, H, W, C] -> [B, bins, bins, C]."""
        count, height, width, channels = tf.unstack(tf.shape(features))
        # In float32, as weights like 1 / 60 are coarse in half precision, whose sums may overflow too.
        flat = tf.reshape(tf.cast(features, tf.float32), [count, height, width * channels])
        rows = tf.reshape(tf.matmul(_weights(height, self.bins), flat), [count, self.bins, width, channels])
        means = tf.matmul(_weights(width, self.bins), rows)
        return tf.cast(tf.ensure_shape(means, [None, None, None, features.shape[-1]]), features.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[B, H, W, C] -> [B, bins, bins, C]."""
        return input_shape[0], self.bins, self.bins, input_shape[-1]

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"bins": self.bins, "name": self.name}


def _weights(size: tf.Tensor, bins: int) -> tf.Tensor:
    """Float32 [bins, size]: what each pixel of a side contributes to each bin's mean."""
    index, pixel = tf.range(bins)[:, None], tf.range(size)[None]
    first, end = index * size // bins, -(-(index + 1) * size // bins)
    inside = tf.cast((first <= pixel) & (pixel < end), tf.float32)
    return inside / tf.cast(end - first, tf.float32)
