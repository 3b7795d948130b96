"""Jaccard loss: 1 - IoU of soft counts (Rahman, Wang: Optimizing Intersection-Over-Union, 2016)."""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, known_pixels, soft_counts


@dataclasses.dataclass(frozen=True)
class Config:
    """What the IoU is of.

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
    """This replica's share of the mean of 1 - IoU; logits float [B, H, W, C], weight float [B, H, W]."""
    counts = soft_counts.count(config.scope, known_pixels.of(info, truth, logits, weight))
    return soft_counts.mean(config.scope, 1 - counts.tversky(1.0, 1.0, config.smoothing), counts.truth)
