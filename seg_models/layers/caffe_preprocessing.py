"""Colours as the networks trained in Caffe expect them."""

import keras
import tensorflow as tf

# Of ImageNet: blue, green, red, as keras.applications has it. Releases differ a little, which matters to their weights
# alone: (104.007, 116.669, 122.679) in FCN, (102.93, 111.36, 116.52) in Dilation8.
MEAN = (103.939, 116.779, 123.68)


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
