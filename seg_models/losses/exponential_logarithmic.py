"""Exponential logarithmic loss (Wong et al.: 3D Segmentation with Exponential Logarithmic Loss, 2018).

w_dice mean over classes of (-log dice)^gamma_dice + w_cross mean over known pixels of w_class (-log p)^gamma_cross.
Class weights are in the second part alone. The paper's are 1 / sqrt(share of the pixels); `train.class_weights` calls
them "root_inverse_frequency" and scales them to the mean 1 over the classes, which the paper does not.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, errors, known_pixels, reduction, soft_counts


@dataclasses.dataclass(frozen=True)
class Config:
    """The two parts; the defaults are those that the paper found best.

    Attributes:
      dice_weight, cross_weight: of the parts.
      dice_gamma, cross_gamma: their exponents; below 1, what is nearly right still counts.
      smoothing: pixels added above and below, so that a class without pixels costs nothing where none are predicted.
      scope: of the Dice part: what is counted together, and which classes.
    """

    dice_weight: float = 0.8
    cross_weight: float = 0.2
    dice_gamma: float = 0.3
    cross_gamma: float = 0.3
    smoothing: float = 1.0
    scope: soft_counts.Scope = soft_counts.Scope()

    def __post_init__(self) -> None:
        if self.smoothing <= 0:
            raise errors.UserError(f"`smoothing` is {self.smoothing}; expected more than 0, for it keeps log finite.")
        if self.dice_gamma <= 0 or self.cross_gamma <= 0:
            raise errors.UserError(
                f"`dice_gamma` is {self.dice_gamma}, `cross_gamma` {self.cross_gamma}; expected more than 0."
            )


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the weighted sum of both parts; logits float [B, H, W, C], weight float [B, H, W].

    The Dice part counts every known pixel once. The cross part is the sum of weight times cost over the number of
    known pixels, so twice the weight is twice the cost (section 2.1).
    """
    known = known_pixels.of(info, truth, logits, weight)
    once = dataclasses.replace(known, weight=tf.cast(known.mask, known.weight.dtype))
    counts = soft_counts.count(config.scope, once)
    distance = known_pixels.power(-tf.math.log(counts.dice(config.smoothing)), config.dice_gamma)
    costs = known.weight * known_pixels.power(known.cross_entropy, config.cross_gamma)
    dice = soft_counts.mean(config.scope, distance, counts.truth)
    return config.dice_weight * dice + config.cross_weight * reduction.global_mean(costs, once.weight)
