"""From an image to maps at the image's own size: one place, used by evaluation during training and by serving."""

import tensorflow as tf

from seg_models import dataset, errors, inference, model, registry, resize, views, windows

Size = tuple[int, int] | None


def predict(
    network: model.SegmentationModel,
    image: tf.Tensor,
    working_size: Size,
    settings: inference.Inference = inference.Inference(),
) -> dict[str, tf.Tensor]:
    """What the model says of a batch of images.

    Args:
      network: the model.
      image: uint8 or float 0..255 [B, H, W, 3].
      working_size: (height, width) the model works at; None: the images' own.
      settings: windows, scales and refinement.

    Returns:
      {"semantic", "panoptic"}: int32 [B, H, W]; panoptic ids are semantic * label_divisor + instance, void is 65535. Of
      a model that tells no things apart, the things are void in "panoptic".

    Raises:
      UserError: the settings ask for more than one look, and the model tells things apart.
    """
    size = tf.shape(image)[1:3]
    if settings.plain:
        maps = network.maps(network(to_working_size(image, working_size), training=False), size)
    else:
        check(network, settings)
        maps = {"semantic": _semantic(network, image, working_size, settings)}
    if "panoptic" not in maps:
        maps["panoptic"] = stuff_only(maps["semantic"], network.info)
    return maps


def check(network: model.SegmentationModel, settings: inference.Inference) -> None:
    """Raises UserError where these settings do not fit the model."""
    if "panoptic" in network.tasks and not settings.plain:
        raise errors.UserError(
            f"`inference`: windows, scales, flip and refinement average the scores of classes; `{network.name}` tells "
            "things apart too, and those have no average. Leave `inference` at its defaults."
        )


def _semantic(
    network: model.SegmentationModel, image: tf.Tensor, working_size: Size, settings: inference.Inference
) -> tf.Tensor:
    """Int32 [B, H, W] at the size of the image, uint8 or float [B, H, W, 3]."""
    size = tf.shape(image)[1:3]
    if settings.window is not None:
        # Without a working size the image stays uint8 until a window of it is looked at.
        seen = image if working_size is None else to_working_size(image, working_size)
        found = windows.semantic(network, seen, settings)
        return found if working_size is None else resize.nearest(found, size)
    probabilities = views.probabilities(network, to_working_size(image, working_size), settings, size)
    if settings.refinement is not None:
        refine = registry.module_of(settings.refinement).refine
        probabilities = refine(settings.refinement, tf.cast(image, tf.float32), probabilities)
    return tf.argmax(probabilities, axis=-1, output_type=tf.int32)


def to_working_size(image: tf.Tensor, working_size: Size) -> tf.Tensor:
    """Float32 0..255 [B, h, w, 3] of uint8 or float [B, H, W, 3], as in training."""
    return tf.cast(image, tf.float32) if working_size is None else resize.image(image, working_size)


def stuff_only(semantic: tf.Tensor, info: dataset.DatasetInfo) -> tf.Tensor:
    """Panoptic int32 [B, H, W] of semantic [B, H, W]: stuff is what it is, things are void."""
    ids = [
        dataset.VOID_16 if category.is_thing else train_id * info.label_divisor
        for train_id, category in enumerate(info.categories)
    ]
    return tf.gather(tf.constant(ids, tf.int32), semantic)


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
