"""Pastes half of the classes of the next image of the batch over each image (Olsson et al. 2021, ClassMix).

As in section 3.1 and algorithm 1, half of the classes that occur, rounded down, are drawn and all their pixels are
pasted. There the classes are the prediction's on images without truth; here they are those of the truth. Void is none.
"""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors, mixing


@dataclasses.dataclass(frozen=True)
class Config:
    """How often: the fraction of images that are pasted into."""

    probability: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise errors.UserError(f"class_mix: expected `probability` in [0, 1], got {self.probability}.")


def apply_batch(
    config: Config, batch: mixing.Batch, *, seeds: tf.Tensor, info: dataset.DatasetInfo
) -> mixing.Batch:
    """A batch as in input_pipeline, semantic int32 [B, H, W], with classes pasted; `seeds` is int32 [B, 2]."""
    donor = mixing.donors(batch)
    draws = mixing.draws(seeds, 1 + info.num_categories)
    place = tf.minimum(donor["semantic"], info.num_categories)
    flat = tf.reshape(place, [tf.shape(place)[0], -1])
    occurs = tf.math.bincount(
        flat, minlength=info.num_categories + 1, maxlength=info.num_categories + 1, axis=-1, binary_output=True
    )[:, :-1]
    # Those that occur rank before all others, in an order that the draws decide.
    rank = tf.argsort(tf.argsort(tf.where(occurs > 0, draws[:, 1:], 2.0), axis=1), axis=1)
    chosen = rank < tf.reduce_sum(occurs, axis=1, keepdims=True) // 2
    chosen &= draws[:, :1] < config.probability
    mask = tf.gather(tf.pad(chosen, [[0, 0], [0, 1]]), place, batch_dims=1)
    return mixing.paste(batch, donor, mask, info)
