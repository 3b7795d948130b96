"""Log-cosh of the Dice loss (Jadon: A survey of loss functions for semantic segmentation, 2020, section II-O).

Near a perfect prediction its slope goes to 0 and its curvature stays bounded; far from it, it follows the Dice loss.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, known_pixels, soft_counts


@dataclasses.dataclass(frozen=True)
class Config:
    """The Dice loss within.

    Attributes:
      smoothing: pixels added above and below, so that a class without pixels costs nothing where none are predicted.
      scope: what is counted together, and which classes.
    """

    smoothing: float = 1.0
    scope: soft_counts.Scope = soft_counts.Scope()

    def __post_init__(self) -> None:
        soft_counts.check_smoothing(self.smoothing)


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean of log(cosh(1 - dice)); logits float [B, H, W, C], weight float [B, H, W]."""
    counts = soft_counts.count(config.scope, known_pixels.of(info, truth, logits, weight))
    cost = tf.math.log(tf.math.cosh(1 - counts.dice(config.smoothing)))
    return soft_counts.mean(config.scope, cost, counts.truth)
