"""Balanced cross-entropy (Xie, Tu: Holistically-Nested Edge Detection, 2015, equation 2), for any number of classes.

With two classes, the paper weighs each pixel by the other class's share of the image, so that either class weighs as
much in all. Here each class's mean is taken and then the mean of these, which is the same up to a factor of the image
and holds for more classes. An image that shows one class alone costs nothing in the paper, but the mean here.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, known_pixels, soft_counts


@dataclasses.dataclass(frozen=True)
class Config:
    """What is balanced.

    Attributes:
      scope: over what the classes are balanced; the paper: within each image. Class weights change nothing, since
        the pixels of a class are only compared with each other.
    """

    scope: soft_counts.Scope = soft_counts.Scope(per_image=True, only_present=True)


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean of the classes' means; logits float [B, H, W, C], weight float [B, H, W]."""
    known = known_pixels.of(info, truth, logits, weight)
    costs = known.one_hot * known.cross_entropy[..., None]
    cost, pixels = soft_counts.sums(config.scope, known, (costs, known.one_hot))
    return soft_counts.mean(config.scope, tf.math.divide_no_nan(cost, pixels), pixels)
