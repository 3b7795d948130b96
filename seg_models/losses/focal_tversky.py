"""Focal Tversky loss (Abraham, Khan, 2018): (1 - Tversky index)^(1 / gamma) of each class.

The paper's alpha, 0.7, weighs false negatives, and its beta false positives; here the names are those of `tversky`. It
sums over the classes; this is their mean.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, errors, known_pixels, soft_counts
from seg_models.losses import tversky


@dataclasses.dataclass(frozen=True)
class Config:
    """The exponent and the index.

    Attributes:
      gamma: above 1, classes that are nearly right count more than they did; the paper's best.
      index: weights of the errors, smoothing and scope.
    """

    gamma: float = 4 / 3
    index: tversky.Config = tversky.Config()

    def __post_init__(self) -> None:
        if self.gamma <= 0:
            raise errors.UserError(f"`gamma` is {self.gamma}; expected more than 0.")


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean over the classes; logits float [B, H, W, C], weight float [B, H, W]."""
    scope = config.index.scope
    counts = soft_counts.count(scope, known_pixels.of(info, truth, logits, weight))
    index = counts.tversky(config.index.alpha, config.index.beta, config.index.smoothing)
    return soft_counts.mean(scope, known_pixels.power(1 - index, 1 / config.gamma), counts.truth)
