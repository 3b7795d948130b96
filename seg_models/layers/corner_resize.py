"""Resizing that keeps the corner pixels on the corners, as DeepLab does it (the `Interp` layer of its Caffe)."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class CornerUpsampling(keras.layers.Layer):
    """Bilinear interpolation of features of which the i-th of a row is on pixel i * factor; always in float32.

    Beyond the last feature its value goes on. In training only the pixels that are multiples of the factor are given,
    the same values at a fraction of the memory.

    Args:
      factor: the stride of the features.
    """

    def __init__(self, factor: int, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")
        self.factor = factor

    def call(self, inputs: tuple[tf.Tensor, ...], training: bool | None = None) -> tf.Tensor:
        """Features at the pixels of an image, or of that which the image was made of by CornerResize.

        Args:
          inputs: (float [B, ceil(H' / factor), ceil(W' / factor), C], float [B, H', W', D]), and float [B, H, W, D]
            where the pixels are those of another image.
          training: whether all but every so many rows and columns are left out.

        Returns:
          Float32 [B, H, W, C]; [B, ceil(H / factor), ceil(W / factor), C] in training.
        """
        features, *images = inputs
        small, size = tf.shape(images[0])[1:3], tf.shape(images[-1])[1:3]
        if training:
            return features if len(images) == 1 else self._thinned(features, small, size)
        features = tf.concat([features, features[:, -1:]], axis=1)
        features = tf.concat([features, features[:, :, -1:]], axis=2)
        enlarged = resized(features, self.factor * (tf.shape(features)[1:3] - 1) + 1)[:, : small[0], : small[1]]
        return enlarged if len(images) == 1 else resized(enlarged, size)

    def _thinned(self, features: tf.Tensor, small: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
        """Every so many rows and columns of what is made for an image of `size`, int32 [2]."""
        for axis in (1, 2):
            count, extent = tf.shape(features)[axis], size[axis - 1]
            # The interpolation of what is linear between pixels is that very line.
            scale = (small[axis - 1] - 1) / tf.maximum(extent - 1, 1) / self.factor
            position = tf.cast(tf.range(0, extent, self.factor), tf.float64) * scale
            position = tf.minimum(position, tf.cast(count - 1, tf.float64))
            before = tf.cast(position, tf.int32)
            share = tf.reshape(tf.cast(position - tf.floor(position), tf.float32), [-1, 1, 1] if axis == 1 else [-1, 1])
            after = tf.gather(features, tf.minimum(before + 1, count - 1), axis=axis)
            features = tf.gather(features, before, axis=axis) * (1 - share) + after * share
        return features

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


def resized(features: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Float [B, H, W, C] -> float32 [B, *size, C], the corner pixels staying on the corners."""
    enlarged = tf.raw_ops.ResizeBilinear(images=features, size=size, align_corners=True)
    return tf.ensure_shape(enlarged, [features.shape[0], None, None, features.shape[3]])
