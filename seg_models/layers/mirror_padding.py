"""Borders continued by mirroring, so that any image fits a network that wants certain sizes (U-Net, section 2)."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class MirrorPadding(keras.layers.Layer):
    """Pads to a size that the network can take and whose output covers the whole image from its top left corner on.

    Args:
      multiple, shortfall: the network gives outputs of the sizes n * multiple - shortfall, n = 1, 2, ...
      margin: pixels on each side of the input that the output has lost.
    """

    def __init__(self, *, multiple: int, shortfall: int, margin: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.multiple = multiple
        self.shortfall = shortfall
        self.margin = margin

    def call(self, image: tf.Tensor) -> tf.Tensor:
        """Float [B, H, W, C] -> float [B, H', W', C]."""
        for axis in (1, 2):
            size = tf.shape(image)[axis]
            position = tf.range(-self.margin, self.padded_size(size) - self.margin)
            image = tf.gather(image, mirrored(position, size), axis=axis)
        return image

    def padded_size(self, size: tf.Tensor) -> tf.Tensor:
        """Int32 scalar: height or width of the input that `size` pixels of output need."""
        steps = tf.maximum(-(-(size + self.shortfall) // self.multiple), 1)
        return steps * self.multiple - self.shortfall + 2 * self.margin

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"multiple": self.multiple, "shortfall": self.shortfall, "margin": self.margin, "name": self.name}


@keras.saving.register_keras_serializable(package="segline")
class CropLike(keras.layers.Layer):
    """Removes what MirrorPadding added at the bottom and on the right."""

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """(float [B, H', W', C], float [B, H, W, D]) -> float [B, H, W, C]."""
        features, like = inputs
        size = tf.shape(like)
        return features[:, : size[1], : size[2]]


def mirrored(positions: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """Where positions beyond an axis of `length` pixels lie when mirrored at its first and last pixel: int32 [N]."""
    # There and back again takes 2 * (length - 1) pixels; a border wider than the image goes there repeatedly.
    period = tf.maximum(2 * (length - 1), 1)
    return length - 1 - tf.abs(positions % period - (length - 1))
