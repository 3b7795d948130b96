"""Tversky loss (Salehi, Erdogmus, Gholipour, 2017): false positives and negatives weigh differently.

alpha = beta = 1/2 is Dice with the plain denominator, alpha = beta = 1 is Jaccard.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, errors, known_pixels, soft_counts


@dataclasses.dataclass(frozen=True)
class Config:
    """The weights of the errors; the defaults are those that the paper found best.

    Attributes:
      alpha: what a false positive weighs beside a true one.
      beta: what a false negative weighs; more than `alpha` favours recall.
      smoothing: pixels added above and below, so that a class without pixels costs nothing where none are predicted.
      scope: what is counted together, and which classes.
    """

    alpha: float = 0.3
    beta: float = 0.7
    smoothing: float = 1.0
    scope: soft_counts.Scope = soft_counts.Scope()

    def __post_init__(self) -> None:
        soft_counts.check_smoothing(self.smoothing)
        if self.alpha < 0 or self.beta < 0 or self.alpha + self.beta == 0:
            raise errors.UserError(f"`alpha` is {self.alpha}, `beta` {self.beta}; expected 0 or more, and not both 0.")


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean of 1 - Tversky index; logits float [B, H, W, C], weight float [B, H, W]."""
    counts = soft_counts.count(config.scope, known_pixels.of(info, truth, logits, weight))
    index = counts.tversky(config.alpha, config.beta, config.smoothing)
    return soft_counts.mean(config.scope, 1 - index, counts.truth)
