"""A window cut out of features."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class Crop(keras.layers.Layer):
    """Cuts features to the size of others; the precision stays what it is.

    Args:
      offset: rows that are left out at the top and columns on the left.
    """

    def __init__(self, offset: int, name: str | None = None) -> None:
        super().__init__(name=name, autocast=False)
        self.offset = offset

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """(float [B, H', W', C], float [B, H, W, D]) -> float [B, H, W, C]."""
        features, like = inputs
        size = tf.shape(like)
        return features[:, self.offset : self.offset + size[1], self.offset : self.offset + size[2]]

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"offset": self.offset, "name": self.name}
