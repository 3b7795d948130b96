"""Colours as the networks trained in Caffe expect them."""

import keras
import tensorflow as tf

MEAN = (103.939, 116.779, 123.68)  # of ImageNet: blue, green, red


@keras.saving.register_keras_serializable(package="segline")
class CaffePreprocessing(keras.layers.Layer):
    """Red, green, blue of 0..255 become blue, green, red around 0; always in float32, which 0..255 needs."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")

    def call(self, image: tf.Tensor) -> tf.Tensor:
        """Float 0..255 [B, H, W, 3] -> float32 [B, H, W, 3]."""
        return image[..., ::-1] - tf.constant(MEAN)

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"name": self.name}
