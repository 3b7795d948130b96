"""Local contrast normalisation (Jarrett, Kavukcuoglu, Ranzato and LeCun 2009, section 3.1)."""

import keras
import tensorflow as tf

SMALLEST = 0.01  # deviation, in steps of 0..255; what is below it is the rounding of float32


@keras.saving.register_keras_serializable(package="segline")
class LocalContrastNormalization(keras.layers.Layer):
    """Takes from each value the mean around it, then divides by the deviation around it; always in float32.

    Mean and deviation are of all channels together, under a Gaussian window. No deviation counts for less than the
    image's average one, so flat regions stay flat. The paper does not say how wide the Gaussian is: a quarter of the
    window here. At the border the window's weights are those of the pixels that exist.

    Args:
      window: side of the window, pixels, odd.
    """

    def __init__(self, window: int = 9, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")
        self.window = window

    def call(self, image: tf.Tensor) -> tf.Tensor:
        """Float 0..255 [B, H, W, C] -> float32 [B, H, W, C], around 0, of deviation 1 where there is contrast."""
        coverage = self._blurred(tf.ones_like(image[..., :1]))
        mean = self._blurred(tf.reduce_mean(image, axis=-1, keepdims=True)) / coverage
        centered = image - mean
        variance = self._blurred(tf.reduce_mean(tf.square(centered), axis=-1, keepdims=True)) / coverage
        deviation = tf.sqrt(tf.maximum(variance, SMALLEST**2))
        return centered / tf.maximum(deviation, tf.reduce_mean(deviation, axis=[1, 2, 3], keepdims=True))

    def _blurred(self, values: tf.Tensor) -> tf.Tensor:
        """Float32 [B, H, W, 1] -> the same, weighed by the Gaussian; the sum of the weights does not matter here."""
        distance = tf.range(self.window, dtype=tf.float32) - (self.window - 1) / 2
        gaussian = tf.exp(-tf.square(distance) / (2 * (self.window / 4) ** 2))
        for shape in ([self.window, 1, 1, 1], [1, self.window, 1, 1]):
            values = tf.nn.conv2d(values, tf.reshape(gaussian, shape), strides=1, padding="SAME")
        return values

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"window": self.window, "name": self.name}
