"""From an image to maps at the image's own size: one place, used by evaluation during training and by serving."""

import tensorflow as tf

from seg_models import dataset, model, resize

Size = tuple[int, int] | None


def predict(network: model.SegmentationModel, image: tf.Tensor, working_size: Size) -> dict[str, tf.Tensor]:
    """What the model says of a batch of images.

    Args:
      network: the model.
      image: uint8 or float 0..255 [B, H, W, 3].
      working_size: (height, width) the model works at; None: the images' own.

    Returns:
      {"semantic", "panoptic"}: int32 [B, H, W]; panoptic ids are semantic * label_divisor + instance, void is 65535. Of
      a model that tells no things apart, the things are void in "panoptic".
    """
    size = tf.shape(image)[1:3]
    maps = network.maps(network(to_working_size(image, working_size), training=False), size)
    if "panoptic" not in maps:
        maps["panoptic"] = stuff_only(maps["semantic"], network.info)
    return maps


def to_working_size(image: tf.Tensor, working_size: Size) -> tf.Tensor:
    """Float32 0..255 [B, h, w, 3] of uint8 or float [B, H, W, 3], as in training."""
    return tf.cast(image, tf.float32) if working_size is None else resize.image(image, working_size)


def stuff_only(semantic: tf.Tensor, info: dataset.DatasetInfo) -> tf.Tensor:
    """Panoptic int32 [B, H, W] of semantic [B, H, W]: stuff is what it is, things are void."""
    is_thing = tf.constant([category.is_thing for category in info.categories])
    return tf.where(tf.gather(is_thing, semantic), dataset.VOID_16, semantic * info.label_divisor)


def segments(panoptic: tf.Tensor, info: dataset.DatasetInfo) -> dict[str, tf.Tensor]:
    """The segments of one panoptic map, int32 [H, W], in ascending order of id.

    Returns:
      "segment_id", "segment_category", "segment_area": int32 [N].
    """
    area = tf.math.bincount(tf.reshape(panoptic, [-1]), minlength=dataset.VOID_16 + 1, dtype=tf.int32)
    ids = tf.cast(tf.where(area[: dataset.VOID_16] > 0)[:, 0], tf.int32)
    return {
        "segment_id": ids,
        "segment_category": ids // info.label_divisor,
        "segment_area": tf.gather(area, ids),
    }
