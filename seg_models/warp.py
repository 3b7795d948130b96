"""An example seen through a field of coordinates: what rotations, elastic deformations and other warps share."""

import tensorflow as tf

from seg_models import dataset
from seg_models.augment import crop


def example(
    example: dict[str, tf.Tensor], coordinates: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """An example whose pixels come from elsewhere in it; what is not spatial passes through.

    A pixel centre has whole coordinates, and half a pixel around the outermost centres is still inside, as everywhere
    that pixels are squares. Outside, the image is grey, `semantic` void and `instance` 0.

    Args:
      example: image float32 0..255 [H, W, 3], semantic and instance int32 [H, W].
      coordinates: float32 [h, w, 2], (y, x) in the example of each pixel of the result.
      info: says which value is void.

    Returns:
      Image [h, w, 3], bilinear; semantic and instance [h, w], nearest.
    """
    return {
        **example,
        "image": bilinear(example["image"], coordinates, crop.GREY),
        "semantic": nearest(example["semantic"], coordinates, info.void),
        "instance": nearest(example["instance"], coordinates, 0),
    }


def bilinear(values: tf.Tensor, coordinates: tf.Tensor, fill: float) -> tf.Tensor:
    """Float32 [H, W, C] at float32 [h, w, 2] -> float32 [h, w, C]; `fill` outside."""
    last = tf.shape(values)[:2] - 1
    within = tf.clip_by_value(coordinates, 0.0, tf.cast(last, tf.float32))
    low = tf.cast(tf.floor(within), tf.int32)
    high = tf.minimum(low + 1, last)
    share = within - tf.cast(low, tf.float32)
    down, right = share[..., :1], share[..., 1:]

    def at(rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
        return tf.gather_nd(values, tf.stack([rows[..., 0], columns[..., 1]], axis=-1))

    # A step from one value towards the other stays between them; of a weighted sum the rounding makes 255 a 255.00002.
    top, bottom = at(low, low), at(high, low)
    top += right * (at(low, high) - top)
    bottom += right * (at(high, high) - bottom)
    seen = top + down * (bottom - top)
    return tf.where(_inside(values, coordinates)[..., tf.newaxis], seen, fill)


def nearest(ids: tf.Tensor, coordinates: tf.Tensor, fill: int) -> tf.Tensor:
    """Int32 [H, W] at float32 [h, w, 2] -> int32 [h, w]; `fill` outside."""
    # Up from the middle between two, not to the even one: a shift by half a pixel moves all alike.
    place = tf.cast(tf.floor(coordinates + 0.5), tf.int32)
    place = tf.clip_by_value(place, 0, tf.shape(ids)[:2] - 1)
    return tf.where(_inside(ids, coordinates), tf.gather_nd(ids, place), fill)


def grid(size: tf.Tensor) -> tf.Tensor:
    """Float32 [h, w, 2]: the coordinates that leave an example of `size`, int32 [2], as it is."""
    rows, columns = tf.meshgrid(tf.range(size[0]), tf.range(size[1]), indexing="ij")
    return tf.cast(tf.stack([rows, columns], axis=-1), tf.float32)


def _inside(values: tf.Tensor, coordinates: tf.Tensor) -> tf.Tensor:
    """Bool [h, w]: which of the coordinates lie in one of the pixels of [H, W, ..]."""
    end = tf.cast(tf.shape(values)[:2], tf.float32) - 0.5
    return tf.reduce_all((coordinates >= -0.5) & (coordinates < end), axis=-1)
