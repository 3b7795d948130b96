"""An example turned, sheared or shifted: the maps between straight lines, in one fast pass where `warp` takes many."""

import tensorflow as tf

from seg_models import dataset
from seg_models.augment import crop


def example(
    example: dict[str, tf.Tensor], matrix: tf.Tensor, shift: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """An example of the same size whose pixel p from the centre comes from `matrix` p + `shift` from the centre.

    Outside, the image is grey, `semantic` void and `instance` 0; within half a pixel of the border the grey mixes in.

    Args:
      example: image float32 0..255 [H, W, 3], semantic and instance int32 [H, W]; the rest passes through.
      matrix: float32 [2, 2], of (y, x).
      shift: float32 [2], (y, x), pixels.
      info: says which value is void.
    """
    middle = (tf.cast(tf.shape(example["semantic"]), tf.float32) - 1) / 2
    offset = middle + shift - tf.linalg.matvec(matrix, middle)
    x_of, y_of = (matrix[1, 1], matrix[1, 0], offset[1]), (matrix[0, 1], matrix[0, 0], offset[0])
    transform = tf.stack([*x_of, *y_of, 0.0, 0.0])

    def moved(values: tf.Tensor, interpolation: str, fill: float) -> tf.Tensor:
        result = tf.raw_ops.ImageProjectiveTransformV3(
            images=values[tf.newaxis],
            transforms=transform[tf.newaxis],
            output_shape=tf.shape(values)[:2],
            fill_value=fill,
            interpolation=interpolation,
            fill_mode="CONSTANT",
        )
        return tf.ensure_shape(result[0], values.shape)

    return {
        **example,
        "image": moved(example["image"], "BILINEAR", crop.GREY),
        "semantic": moved(example["semantic"][..., tf.newaxis], "NEAREST", info.void)[..., 0],
        "instance": moved(example["instance"][..., tf.newaxis], "NEAREST", 0)[..., 0],
    }


def rotation(angle: tf.Tensor) -> tf.Tensor:
    """Float32 [2, 2], of (y, x): what turns the picture by `angle` (radians, scalar), clockwise to the eye."""
    cosine, sine = tf.cos(angle), tf.sin(angle)
    return tf.stack([[cosine, -sine], [sine, cosine]])
