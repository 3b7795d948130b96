"""Resizing that keeps the corner pixels on the corners, as DeepLab does it (the `Interp` layer of its Caffe)."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class CornerUpsampling(keras.layers.Layer):
    """Bilinear interpolation of features of which the i-th of a row is on pixel i * factor; always in float32.

    Beyond the last feature its value goes on.

    Args:
      factor: the stride of the features.
    """

    def __init__(self, factor: int, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")
        self.factor = factor

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """(float [B, ceil(H / factor), ceil(W / factor), C], float [B, H, W, D]) -> float32 [B, H, W, C]."""
        features, like = inputs
        features = tf.concat([features, features[:, -1:]], axis=1)
        features = tf.concat([features, features[:, :, -1:]], axis=2)
        size = self.factor * (tf.shape(features)[1:3] - 1) + 1
        enlarged = resized(features, size)
        return enlarged[:, : tf.shape(like)[1], : tf.shape(like)[2]]

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"factor": self.factor, "name": self.name}


@keras.saving.register_keras_serializable(package="segline")
class CornerResize(keras.layers.Layer):
    """Bilinear resizing that keeps the corner pixels on the corners: n pixels become round((n - 1) * scale) + 1.

    Args:
      scale: of the distance between the corners; always in float32.
    """

    def __init__(self, scale: float, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")
        self.scale = scale

    def call(self, image: tf.Tensor) -> tf.Tensor:
        """Float [B, H, W, C] -> float32 [B, H', W', C]."""
        distance = tf.cast(tf.shape(image)[1:3] - 1, tf.float32) * self.scale
        return resized(image, tf.cast(tf.round(distance), tf.int32) + 1)

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"scale": self.scale, "name": self.name}


@keras.saving.register_keras_serializable(package="segline")
class CornerResizeLike(keras.layers.Layer):
    """Bilinear resizing to the size of others that keeps the corner pixels on the corners; always in float32."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """(float [B, H', W', C], float [B, H, W, D]) -> float32 [B, H, W, C]."""
        features, like = inputs
        return resized(features, tf.shape(like)[1:3])


def resized(features: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Float [B, H, W, C] -> float32 [B, *size, C], the corner pixels staying on the corners."""
    return tf.compat.v1.image.resize_bilinear(features, size, align_corners=True)
