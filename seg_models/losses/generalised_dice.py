"""Generalised Dice loss (Sudre et al., 2017): one ratio, to which rare classes add as much as common ones."""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, errors, known_pixels, soft_counts


@dataclasses.dataclass(frozen=True)
class Config:
    """How rarity counts.

    Attributes:
      power: a class of n pixels weighs n^-power. 2 is the paper's; 0 weighs all alike. A class without pixels weighs as
        much as the rarest one that has some.
      scope: what is counted together, and which classes. There is one ratio, so no mean over classes.
    """

    power: float = 2.0
    scope: soft_counts.Scope = soft_counts.Scope()

    def __post_init__(self) -> None:
        if self.power < 0:
            raise errors.UserError(f"`power` is {self.power}; expected 0 or more.")


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of 1 - the generalised Dice; logits float [B, H, W, C], weight float [B, H, W]."""
    counts = soft_counts.count(config.scope, known_pixels.of(info, truth, logits, weight))
    factors = _factors(config.power, counts.truth) * soft_counts.classes(config.scope, counts.truth)
    both = tf.reduce_sum(factors * counts.both, axis=1)
    either = tf.reduce_sum(factors * (counts.truth + counts.prediction), axis=1)
    return soft_counts.mean_of_groups(config.scope, 1 - tf.math.divide_no_nan(2 * both, either), counts.truth)


def _factors(power: float, truth: tf.Tensor) -> tf.Tensor:
    """Float [G, C], what each class weighs, from its pixels, float [G, C]; the rarest weighs 1, nothing overflows."""
    present = truth > 0
    fewest = tf.reduce_min(tf.where(present, truth, truth.dtype.max), axis=1, keepdims=True)
    return tf.where(present, tf.math.divide_no_nan(fewest, truth), 1.0) ** power
