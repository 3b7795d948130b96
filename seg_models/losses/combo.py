"""Combo loss (Taghanaki et al., 2019): cross-entropy that tells misses from false alarms, and Dice.

Each class is one against the rest. The paper subtracts the Dice scores; here their distance to 1 is added, so that the
loss of a perfect prediction is 0, and classes are averaged.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, errors, known_pixels, soft_counts


@dataclasses.dataclass(frozen=True)
class Config:
    """The balance.

    Attributes:
      alpha: of the cross-entropy; Dice has the rest.
      beta: within the cross-entropy, of the class's own pixels, so of false negatives; all others have the rest.
      smoothing: pixels added above and below, so that a class without pixels costs nothing where none are predicted.
      scope: what is counted together, and which classes.
    """

    alpha: float = 0.5
    beta: float = 0.5
    smoothing: float = 1.0
    scope: soft_counts.Scope = soft_counts.Scope()

    def __post_init__(self) -> None:
        soft_counts.check_smoothing(self.smoothing)
        if not 0 <= self.alpha <= 1 or not 0 <= self.beta <= 1:
            raise errors.UserError(f"`alpha` is {self.alpha}, `beta` {self.beta}; expected both within 0..1.")


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean over the classes; logits float [B, H, W, C], weight float [B, H, W]."""
    known = known_pixels.of(info, truth, logits, weight)
    positive, negative = known.one_against_rest
    costs = config.beta * known.one_hot * positive + (1 - config.beta) * (1 - known.one_hot) * negative
    (cost,) = soft_counts.sums(config.scope, known, (costs,))
    counts = soft_counts.count(config.scope, known)
    entropy = tf.math.divide_no_nan(cost, tf.reduce_sum(counts.truth, axis=1, keepdims=True))
    overlap = 1 - counts.dice(config.smoothing)
    return soft_counts.mean(config.scope, config.alpha * entropy + (1 - config.alpha) * overlap, counts.truth)
