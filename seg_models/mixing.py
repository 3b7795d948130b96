"""Pixels of one image of a batch pasted into another: what the augmentations that mix two images share.

Every image takes from the next one of its batch, the last from the first: nothing is decoded twice, and what a batch
holds follows from its step alone.
"""

import tensorflow as tf

from seg_models import dataset

OBJECTS = ("object_category", "object_instance", "object_crowd")
Batch = dict[str, tf.Tensor]


def donors(batch: Batch) -> Batch:
    """What each image [B, ..] of a batch takes from: the next one."""
    return {name: tf.roll(values, -1, axis=0) for name, values in batch.items()}


def draws(seeds: tf.Tensor, count: int | tf.Tensor, index: int = 0) -> tf.Tensor:
    """Float32 [B, count], uniform in [0, 1), each row from its image's of `seeds`, int32 [B, 2]; others per `index`."""
    return tf.map_fn(
        lambda seed: tf.random.stateless_uniform([count], tf.random.experimental.stateless_fold_in(seed, index)),
        seeds,
        fn_output_signature=tf.float32,
    )


def paste(batch: Batch, donor: Batch, mask: tf.Tensor, info: dataset.DatasetInfo) -> Batch:
    """A batch whose pixels are the donors' wherever the mask says so.

    The donors' instances get ids of their own. The lists of objects hold those of both images that are still seen, if
    only in part, and none that is hidden altogether.

    Args:
      batch, donor: as in input_pipeline, B images of one size.
      mask: bool [B, H, W].
      info: of the data set.
    """
    largest = tf.maximum(_largest(batch["instance"]), _largest(batch["object_instance"]))
    renamed = {
        name: tf.where(donor[name] > 0, donor[name] + tf.reshape(largest, [-1] + [1] * (len(donor[name].shape) - 1)), 0)
        for name in ("instance", "object_instance")
    }
    donor = {**donor, **renamed}
    mixed = {name: tf.where(mask, donor[name], batch[name]) for name in ("semantic", "instance")}
    mixed["image"] = tf.where(mask[..., tf.newaxis], donor["image"], batch["image"])
    listed = {name: tf.concat([batch[name], donor[name]], axis=1) for name in OBJECTS}
    return {**batch, **mixed, **_seen_objects(listed, mixed["instance"])}


def _largest(ids: tf.Tensor) -> tf.Tensor:
    """Int32 [B], the largest number of [B, ..], at least 0."""
    return tf.maximum(tf.reduce_max(ids, axis=list(range(1, len(ids.shape)))), 0)


def _seen_objects(objects: Batch, instance: tf.Tensor) -> Batch:
    """The objects [B, N] with a pixel in `instance`, int32 [B, H, W], in their order and filled up as in a batch."""
    ids = objects["object_instance"]
    values = tf.reshape(instance, [tf.shape(instance)[0], -1])
    size = 1 + tf.maximum(tf.reduce_max(values), tf.maximum(tf.reduce_max(ids), 0))
    occurs = tf.math.bincount(values, minlength=size, maxlength=size, axis=-1, binary_output=True) > 0
    seen = tf.gather(occurs, ids, batch_dims=1) & (ids > 0)
    most = tf.reduce_max(tf.math.count_nonzero(seen, axis=1))
    order = tf.argsort(tf.cast(~seen, tf.int32), axis=1, stable=True)[:, :most]
    kept = tf.gather(seen, order, batch_dims=1)
    fills = {"object_category": -1, "object_instance": 0, "object_crowd": False}
    return {name: tf.where(kept, tf.gather(objects[name], order, batch_dims=1), fills[name]) for name in OBJECTS}
