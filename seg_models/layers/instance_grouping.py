"""From semantic scores, centres and offsets to a panoptic map, in the graph (Panoptic-DeepLab, section 3.3)."""

import dataclasses

import tensorflow as tf

from seg_models import dataset


@dataclasses.dataclass(frozen=True)
class Config:
    """How centres are found and pixels are grouped.

    Attributes:
      center_threshold: lowest score of a centre.
      nms_kernel: side of the window in which a centre must be the highest, pixels.
      top_k: centres that are kept at most.
      stuff_area: smallest stuff segment, pixels; smaller ones become void.
      thing_area: smallest instance, pixels; smaller ones become void.
    """

    center_threshold: float = 0.1
    nms_kernel: int = 7
    top_k: int = 200
    stuff_area: int = 2048
    thing_area: int = 0


def group(
    config: Config, info: dataset.DatasetInfo, logits: tf.Tensor, heatmap: tf.Tensor, offset: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Groups pixels around centres; each image on its own, so batches of any size cost the memory of one.

    Args:
      config: see Config.
      info: categories, and the divisor of panoptic ids.
      logits: float [B, H, W, C].
      heatmap: float [B, H, W, 1], centre scores.
      offset: float [B, H, W, 2], (y, x) in pixels to the pixel's centre.

    Returns:
      {"semantic": int32 [B, H, W] train ids, "panoptic": int32 [B, H, W] segment ids, void 65535}.
    """
    semantic = tf.argmax(logits, axis=-1, output_type=tf.int32)
    panoptic = tf.map_fn(
        lambda maps: _group_one(config, info, *maps),
        (semantic, heatmap[..., 0], offset),
        parallel_iterations=1,
        fn_output_signature=tf.TensorSpec([None, None], tf.int32),
    )
    return {"semantic": semantic, "panoptic": tf.ensure_shape(panoptic, semantic.shape)}


def _group_one(
    config: Config, info: dataset.DatasetInfo, semantic: tf.Tensor, heatmap: tf.Tensor, offset: tf.Tensor
) -> tf.Tensor:
    """Panoptic int32 [H, W] of semantic [H, W], heatmap [H, W], offset [H, W, 2]."""
    is_thing = tf.constant([category.is_thing for category in info.categories])
    on_thing = tf.gather(is_thing, semantic)
    centers = _centers(config, heatmap, limit=info.label_divisor - 1)
    instance = tf.where(on_thing, _nearest(centers, offset), 0)
    category = _majority(semantic, instance, tf.shape(centers)[0], info.num_categories)
    things = tf.gather(category, instance) * info.label_divisor + instance
    things = tf.where(instance > 0, things, dataset.VOID_16)
    things = _without_small(things, instance, config.thing_area)
    stuff = _without_small(semantic * info.label_divisor, tf.where(on_thing, -1, semantic), config.stuff_area)
    return tf.where(on_thing, things, stuff)


def _centers(config: Config, heatmap: tf.Tensor, limit: int) -> tf.Tensor:
    """Float32 [N, 2], (y, x) of the highest local maxima of [H, W], best first."""
    kernel = config.nms_kernel
    highest = tf.nn.max_pool2d(heatmap[None, ..., None], kernel, 1, "SAME")[0, ..., 0]
    is_center = (heatmap >= config.center_threshold) & (heatmap == highest)
    positions = tf.where(is_center)
    scores = tf.gather_nd(heatmap, positions)
    count = tf.minimum(tf.shape(scores)[0], min(config.top_k, limit))
    best = tf.math.top_k(scores, k=count).indices
    return tf.cast(tf.gather(positions, best), tf.float32)


def _nearest(centers: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Int32 [H, W], 1 + index of the centre [N, 2] nearest to pixel + offset [H, W, 2]; 0 where there is no centre.

    One centre at a time: a table of all distances would take gigabytes on a large image.
    """
    height, width = tf.shape(offset)[0], tf.shape(offset)[1]
    rows, columns = tf.meshgrid(tf.range(height), tf.range(width), indexing="ij")
    pointed = tf.cast(tf.stack([rows, columns], axis=-1), tf.float32) + offset

    def closer(index: tf.Tensor, best: tf.Tensor, found: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        distance = tf.reduce_sum(tf.math.squared_difference(pointed, centers[index]), axis=-1)
        nearer = distance < best
        return index + 1, tf.where(nearer, distance, best), tf.where(nearer, index + 1, found)

    start = (0, tf.fill([height, width], tf.float32.max), tf.zeros([height, width], tf.int32))
    shapes = (tf.TensorShape([]), tf.TensorShape([None, None]), tf.TensorShape([None, None]))
    count = tf.shape(centers)[0]
    return tf.while_loop(lambda i, *_: i < count, closer, start, shape_invariants=shapes)[2]


def _majority(semantic: tf.Tensor, instance: tf.Tensor, count: tf.Tensor, categories: int) -> tf.Tensor:
    """Int32 [count + 1]: the most frequent category among each instance's pixels."""
    votes = tf.math.bincount(
        tf.reshape(instance * categories + semantic, [-1]), minlength=(count + 1) * categories, dtype=tf.int32
    )
    return tf.argmax(tf.reshape(votes, [count + 1, categories]), axis=-1, output_type=tf.int32)


def _without_small(segments: tf.Tensor, ids: tf.Tensor, area: int) -> tf.Tensor:
    """`segments` [H, W] with void where the id [H, W] (negative: none) covers fewer than `area` pixels."""
    if area <= 0:
        return segments
    known = tf.maximum(ids, 0)
    limit = tf.reduce_max(known) + 1
    areas = tf.math.unsorted_segment_sum(tf.ones_like(ids), ids, limit)
    return tf.where(tf.gather(areas, known) >= area, segments, dataset.VOID_16)
