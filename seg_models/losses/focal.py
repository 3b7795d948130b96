"""Focal loss (Lin et al.: Focal Loss for Dense Object Detection, 2017, section 3) of the softmax probabilities.

With two classes, and alpha (1 - a, a), it is the paper's loss of the sigmoid of the difference of the logits. The paper
divides by the number of foreground anchors; here it is the mean over pixels.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, errors, known_pixels, reduction


@dataclasses.dataclass(frozen=True)
class Config:
    """The focus.

    Attributes:
      gamma: a pixel's cross-entropy is multiplied by (1 - p)^gamma, p the true class's probability; 0 is cross-entropy.
      alpha: for each train id what its pixels are multiplied by; (): all by 1. Unlike class weights it does not
        enter what is divided by, as in the paper.
    """

    gamma: float = 2.0
    alpha: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.gamma < 0 or any(factor < 0 for factor in self.alpha):
            raise errors.UserError(f"`gamma` is {self.gamma}, `alpha` {self.alpha}; expected 0 or more.")


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean over pixels; logits float [B, H, W, C], weight float [B, H, W]."""
    known = known_pixels.of(info, truth, logits, weight)
    costs = known.cross_entropy
    if config.gamma:
        costs *= known_pixels.power(-tf.math.expm1(-costs), config.gamma)
    if config.alpha:
        costs *= tf.gather(_factors(config.alpha, info, costs.dtype), known.semantic)
    return reduction.global_mean(costs, known.weight)


def _factors(alpha: tuple[float, ...], info: dataset.DatasetInfo, dtype: tf.DType) -> tf.Tensor:
    """Float [C]."""
    if len(alpha) != info.num_categories:
        raise errors.UserError(
            f"`alpha` has {len(alpha)} numbers; expected {info.num_categories}, one for each class of `{info.name}`."
        )
    return tf.constant(alpha, dtype)
