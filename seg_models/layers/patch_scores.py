"""Every pixel by itself: a classifier is shown the patch around each of them (Ciresan et al., 2012, section 2)."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class PatchScores(keras.layers.Layer):
    """Scores of pixels that lie evenly over the image, from patches of the image mirrored around its edges.

    Neighbours see nearly the same patch, and the classifier begins anew for each: that is the point of comparison.

    Args:
      classifier: float [N, P, P, D] -> float32 [N, 1, 1, C], P odd.
      stride: of the pixels that are classified; every one of 1.
      training_stride: the same in training, where all patches are held at once.
      chunk: patches at a time where there is nothing to learn.
    """

    def __init__(
        self,
        classifier: keras.Model,
        *,
        stride: int = 1,
        training_stride: int = 8,
        chunk: int = 256,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.classifier = classifier
        self.stride = stride
        self.training_stride = training_stride
        self.chunk = chunk

    def call(self, image: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Float [B, H + P - 1, W + P - 1, D] -> float32 [B, ceil(H / s), ceil(W / s), C], s the stride that holds."""
        side = self.classifier.input.shape[1]
        stride = self.training_stride if training else self.stride
        size = tf.shape(image)[1:3] - (side - 1)
        count = -(-size // stride)
        rows, columns = pixels(size[0], count[0]), pixels(size[1], count[1])
        places = tf.meshgrid(tf.range(tf.shape(image)[0]), rows, columns, indexing="ij")
        places = tf.reshape(tf.stack(places, axis=-1), [-1, 3])
        if training:
            # At once, so that statistics of the normalisation are those of the whole batch.
            scores = self.classifier(_patches(image, places, side), training=True)
        else:
            scores = self._in_chunks(image, places, side)
        return tf.reshape(scores, [-1, count[0], count[1], self.classifier.output.shape[-1]])

    def _in_chunks(self, image: tf.Tensor, places: tf.Tensor, side: int) -> tf.Tensor:
        """Float32 [N, C] of int32 [N, 3], a few at a time."""
        total = tf.shape(places)[0]
        chunks = -(-total // self.chunk)
        filled = tf.pad(places, [[0, chunks * self.chunk - total], [0, 0]])
        scores = tf.map_fn(
            lambda some: self.classifier(_patches(image, some, side), training=False),
            tf.reshape(filled, [chunks, self.chunk, 3]),
            fn_output_signature=tf.float32,
            parallel_iterations=1,
        )
        return tf.reshape(scores, [-1, self.classifier.output.shape[-1]])[:total]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "classifier": keras.saving.serialize_keras_object(self.classifier),
            "stride": self.stride,
            "training_stride": self.training_stride,
            "chunk": self.chunk,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "PatchScores":
        """The layer that `get_config` described."""
        return cls(**{**config, "classifier": keras.saving.deserialize_keras_object(config["classifier"])})


def pixels(size: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Int32 [count]: the middles of `count` equal parts of `size` pixels; all of them where these are equal."""
    return (2 * tf.range(count) + 1) * size // (2 * count)


def _patches(image: tf.Tensor, places: tf.Tensor, side: int) -> tf.Tensor:
    """Float [N, side, side, D]: from (image, row, column), int32 [N, 3], on to the right and down."""
    shift = tf.range(side)
    batch = tf.broadcast_to(places[:, 0, None, None], [tf.shape(places)[0], side, side])
    rows = tf.broadcast_to(places[:, 1, None, None] + shift[:, None], tf.shape(batch))
    columns = tf.broadcast_to(places[:, 2, None, None] + shift, tf.shape(batch))
    patches = tf.gather_nd(image, tf.stack([batch, rows, columns], axis=-1))
    return tf.ensure_shape(patches, [None, side, side, image.shape[3]])
