"""Pastes a random box of the next image of the batch over each image (Yun et al. 2019, CutMix).

The box is that of section 3.1: its share of the image is 1 - lambda with lambda from a Beta distribution, its shape the
image's, its centre anywhere; what lies outside is cut off. Truth is mixed pixel by pixel, as French et al. 2019 do for
segmentation, so no label is weighted by an area.
"""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors, mixing


@dataclasses.dataclass(frozen=True)
class Config:
    """How often and how much.

    Attributes:
      alpha: lambda is from Beta(alpha, alpha); at 1, the paper's, it is uniform.
      probability: the fraction of images that are pasted into.
    """

    alpha: float = 1.0
    probability: float = 0.5

    def __post_init__(self) -> None:
        if not self.alpha > 0:
            raise errors.UserError(f"cutmix: expected `alpha` > 0, got {self.alpha}.")
        if not 0 <= self.probability <= 1:
            raise errors.UserError(f"cutmix: expected `probability` in [0, 1], got {self.probability}.")


def apply_batch(
    config: Config, batch: mixing.Batch, *, seeds: tf.Tensor, info: dataset.DatasetInfo
) -> mixing.Batch:
    """A batch as in input_pipeline, image float32 [B, H, W, 3], with boxes pasted; `seeds` is int32 [B, 2]."""
    draws = mixing.draws(seeds, 3)
    gammas = tf.map_fn(
        lambda seed: tf.random.stateless_gamma([2], tf.random.experimental.stateless_fold_in(seed, 1), config.alpha),
        seeds,
        fn_output_signature=tf.float32,
    )
    kept = gammas[:, 0] / tf.reduce_sum(gammas, axis=1)
    size = tf.shape(batch["semantic"])
    sides = tf.sqrt(1.0 - kept)
    rows, columns = _within(size[1], draws[:, 1], sides), _within(size[2], draws[:, 2], sides)
    mask = rows[:, :, tf.newaxis] & columns[:, tf.newaxis, :]
    wanted = draws[:, 0] < config.probability
    return mixing.paste(batch, mixing.donors(batch), mask & wanted[:, tf.newaxis, tf.newaxis], info)


def _within(length: tf.Tensor, centers: tf.Tensor, sides: tf.Tensor) -> tf.Tensor:
    """Bool [B, length]: the pixels along an axis that are in the box; centre and side, [B], are fractions of it."""
    middles = (tf.range(tf.cast(length, tf.float32)) + 0.5) / tf.cast(length, tf.float32)
    return tf.abs(middles - centers[:, tf.newaxis]) < sides[:, tf.newaxis] / 2
