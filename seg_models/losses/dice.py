"""Dice loss of soft counts (Milletari, Navab, Ahmadi: V-Net, 2016, section 3), the mean over the classes.

The paper has one foreground class: `scope` with skip_classes (0,) is that. 1 - dice is F1's loss.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, known_pixels, soft_counts


@dataclasses.dataclass(frozen=True)
class Config:
    """The form of the ratio.

    Attributes:
      squared: probabilities are squared in the denominator, as in the paper; else summed as they are.
      smoothing: pixels added above and below, so that a class without pixels costs nothing where none are predicted.
      scope: what is counted together, and which classes.
    """

    squared: bool = True
    smoothing: float = 1.0
    scope: soft_counts.Scope = soft_counts.Scope()

    def __post_init__(self) -> None:
        soft_counts.check_smoothing(self.smoothing)


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean of 1 - dice; logits float [B, H, W, C], weight float [B, H, W]."""
    known = known_pixels.of(info, truth, logits, weight)
    counts = soft_counts.count(config.scope, known, squared=config.squared)
    return soft_counts.mean(config.scope, 1 - counts.dice(config.smoothing), counts.truth)
