"""Pastes some objects of the next image of the batch into each image (Ghiasi et al. 2021, Simple Copy-Paste).

As in section 3 of the paper: a random subset of the objects, at the place where they are, without blending, which the
paper finds to make no difference; objects below lose the pixels that are covered, and those covered altogether are
gone. The paper's large-scale jitter is `scale_jitter(0.1, 2.0)` followed by `crop` and `flip`, before this.
"""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors, mixing


@dataclasses.dataclass(frozen=True)
class Config:
    """How often and how many.

    Attributes:
      share: the chance of each object to be pasted; crowds are not.
      probability: the fraction of images that are pasted into.
    """

    share: float = 0.5
    probability: float = 1.0

    def __post_init__(self) -> None:
        for name in ("share", "probability"):
            if not 0 <= getattr(self, name) <= 1:
                raise errors.UserError(f"copy_paste: expected `{name}` in [0, 1], got {getattr(self, name)}.")


def apply_batch(
    config: Config, batch: mixing.Batch, *, seeds: tf.Tensor, info: dataset.DatasetInfo
) -> mixing.Batch:
    """A batch as in input_pipeline, instance int32 [B, H, W], with objects pasted; `seeds` is int32 [B, 2]."""
    donor = mixing.donors(batch)
    ids = donor["object_instance"]
    wanted = mixing.draws(seeds, tf.shape(ids)[1], index=0) < config.share
    wanted &= mixing.draws(seeds, 1, index=1) < config.probability
    wanted &= (ids > 0) & ~donor["object_crowd"]
    rows = tf.broadcast_to(tf.range(tf.shape(ids)[0])[:, tf.newaxis], tf.shape(ids))
    size = 1 + tf.maximum(tf.reduce_max(donor["instance"]), tf.maximum(tf.reduce_max(ids), 0))
    counts = tf.scatter_nd(
        tf.stack([rows, ids], axis=-1), tf.cast(wanted, tf.int32), tf.stack([tf.shape(ids)[0], size])
    )
    mask = tf.gather(counts > 0, donor["instance"], batch_dims=1)
    return mixing.paste(batch, donor, mask, info)
