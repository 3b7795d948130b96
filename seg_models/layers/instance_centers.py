"""Truth for centre and offset heads, made in the graph from the instance map (Panoptic-DeepLab, section 3.2)."""

import dataclasses

import tensorflow as tf

from seg_models import dataset


@dataclasses.dataclass(frozen=True)
class Centers:
    """What the instance branch is to learn.

    Attributes:
      heatmap: float32 [B, H, W, 1], a Gaussian of peak 1 around each instance's centre of mass.
      offset: float32 [B, H, W, 2], (y, x) in pixels from each pixel to the centre of its instance; 0 elsewhere.
      is_instance: float32 [B, H, W], 1 on pixels of instances that are no crowd.
      is_known: float32 [B, H, W], 1 where the heatmap is known: not void, no crowd, no thing without an instance.
      area: float32 [B, H, W], pixels of the instance that each pixel belongs to; 0 elsewhere.
    """

    heatmap: tf.Tensor
    offset: tf.Tensor
    is_instance: tf.Tensor
    is_known: tf.Tensor
    area: tf.Tensor


def build(batch: dict[str, tf.Tensor], info: dataset.DatasetInfo, sigma: float) -> Centers:
    """The centres of a batch.

    Args:
      batch: semantic and instance int32 [B, H, W], object_instance int32 [B, N], object_crowd bool [B, N].
      info: says which categories are things.
      sigma: of the Gaussians, pixels.
    """
    semantic = batch["semantic"]
    is_thing = tf.constant([category.is_thing for category in info.categories] + [False])
    on_thing = tf.gather(is_thing, tf.minimum(semantic, info.num_categories))
    ids, instance = _counted_anew(tf.where(on_thing, batch["instance"], 0))
    crowd = tf.gather(_crowd_table(batch, ids), instance, batch_dims=1) & (instance > 0)
    is_known = (semantic != info.void) & ~crowd & ~(on_thing & (instance == 0))
    instance = tf.where(crowd, 0, instance)
    area, center = _moments(instance, tf.size(ids))
    found = (instance > 0)[..., None]
    height, width = tf.shape(semantic)[1], tf.shape(semantic)[2]
    return Centers(
        heatmap=_heatmap(center, area, height, width, sigma),
        offset=tf.where(found, tf.gather(center, instance, batch_dims=1) - _grid(height, width), 0.0),
        is_instance=tf.cast(instance > 0, tf.float32),
        is_known=tf.cast(is_known, tf.float32),
        area=tf.where(found[..., 0], tf.gather(area, instance, batch_dims=1), 0.0),
    )


def _counted_anew(instance: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The batch's ids, int32 [M], 0 first, and int32 [B, H, W], the place of each pixel's id among them.

    Ids may be any 16-bit numbers, and what follows takes a row, or a turn of a loop, for each of 0..M-1.
    """
    ids, places = tf.unique(tf.concat([[0], tf.reshape(instance, [-1])], axis=0))
    return ids, tf.reshape(places[1:], tf.shape(instance))


def _crowd_table(batch: dict[str, tf.Tensor], ids: tf.Tensor) -> tf.Tensor:
    """Bool [B, M]: whether the m-th of the ids, int32 [M], is a crowd region in image b."""
    crowds = tf.where(batch["object_crowd"], batch["object_instance"], -1)
    return tf.reduce_any(crowds[:, :, None] == ids, axis=1)


def _grid(height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Float32 [H, W, 2]: (y, x) of every pixel."""
    rows, columns = tf.meshgrid(tf.range(height), tf.range(width), indexing="ij")
    return tf.cast(tf.stack([rows, columns], axis=-1), tf.float32)


def _moments(instance: tf.Tensor, limit: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Area float32 [B, M] and centre of mass float32 [B, M, 2] of each id 0..M-1 of int32 [B, H, W]."""
    count, height, width = tf.unstack(tf.shape(instance))
    segment = tf.reshape(instance + tf.range(count)[:, None, None] * limit, [-1])
    position = tf.reshape(tf.tile(_grid(height, width)[None], [count, 1, 1, 1]), [-1, 2])
    area = tf.math.unsorted_segment_sum(tf.ones_like(segment, tf.float32), segment, count * limit)
    total = tf.math.unsorted_segment_sum(position, segment, count * limit)
    center = tf.math.divide_no_nan(total, area[:, None])
    return tf.reshape(area, [count, limit]), tf.reshape(center, [count, limit, 2])


def _heatmap(center: tf.Tensor, area: tf.Tensor, height: tf.Tensor, width: tf.Tensor, sigma: float) -> tf.Tensor:
    """Float32 [B, H, W, 1]: the largest of the instances' Gaussians, one at a time so that memory stays flat."""

    def along(size: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
        """Float32 [B, M, size]: the Gaussian along one axis around rounded positions [B, M]."""
        distance = tf.cast(tf.range(size), tf.float32) - tf.round(position)[..., None]
        return tf.exp(-tf.square(distance) / (2 * sigma**2))

    exists = tf.cast(area > 0, tf.float32)[..., None]
    rows, columns = along(height, center[..., 0]) * exists, along(width, center[..., 1])

    def add(index: tf.Tensor, heat: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return index + 1, tf.maximum(heat, rows[:, index, :, None] * columns[:, index, None, :])

    heat = tf.zeros([tf.shape(center)[0], height, width])
    shape = tf.TensorShape([None, None, None])
    limit = tf.shape(center)[1]
    heat = tf.while_loop(lambda i, _: i < limit, add, (1, heat), shape_invariants=(tf.TensorShape([]), shape))[1]
    return tf.stop_gradient(heat)[..., None]
