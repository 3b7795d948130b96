"""Sensitivity-specificity loss (Brosch et al., 2015): squared errors on and off the class, balanced."""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, errors, known_pixels, soft_counts


@dataclasses.dataclass(frozen=True)
class Config:
    """The balance.

    Attributes:
      ratio: what the error on the class's own pixels (sensitivity) weighs; that on all others (specificity) weighs the
        rest. The paper takes a small one, for there are far more others.
      scope: what is counted together, and which classes; the paper has one, lesions.
    """

    ratio: float = 0.05
    scope: soft_counts.Scope = soft_counts.Scope()

    def __post_init__(self) -> None:
        if not 0 <= self.ratio <= 1:
            raise errors.UserError(f"`ratio` is {self.ratio}; expected 0 <= ratio <= 1.")


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean over the classes; logits float [B, H, W, C], weight float [B, H, W]."""
    known = known_pixels.of(info, truth, logits, weight)
    error, other = tf.math.squared_difference(known.one_hot, known.probabilities), 1 - known.one_hot
    values = error * known.one_hot, error * other, known.one_hot, other
    missed, false, own, others = soft_counts.sums(config.scope, known, values)
    sensitivity, specificity = tf.math.divide_no_nan(missed, own), tf.math.divide_no_nan(false, others)
    return soft_counts.mean(config.scope, config.ratio * sensitivity + (1 - config.ratio) * specificity, own)
