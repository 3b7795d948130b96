"""Softmax cross-entropy over pixels: void costs nothing; class weights and hardest pixels as options."""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, errors, reduction


@dataclasses.dataclass(frozen=True)
class Config:
    """How the pixels count.

    Attributes:
      hardest_fraction: of each image's pixels that is learnt from (top-k pixels, Panoptic-DeepLab, section 3.4).
      label_smoothing: of the one-hot truth.
    """

    hardest_fraction: float = 1.0
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.hardest_fraction <= 1 or not 0 <= self.label_smoothing < 1:
            raise errors.UserError(
                f"`hardest_fraction` is {self.hardest_fraction}, `label_smoothing` {self.label_smoothing}; expected "
                "0 < hardest_fraction <= 1 and 0 <= label_smoothing < 1."
            )


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean cross-entropy over the global batch's pixels that are not void.

    Args:
      config: see Config.
      info: says which value is void.
      truth: a batch; "semantic" is int32 [B, H, W] train ids.
      logits: float [B, H, W, C].
      weight: float [B, H, W], such as class weights; 0 leaves a pixel out.
    """
    semantic = truth["semantic"]
    weight = tf.where(semantic == info.void, 0.0, weight)
    known = tf.where(semantic == info.void, 0, semantic)
    logits = tf.cast(logits, tf.float32)
    if config.label_smoothing:
        one_hot = tf.one_hot(known, info.num_categories)
        smooth = config.label_smoothing
        one_hot = one_hot * (1 - smooth) + smooth / info.num_categories
        losses = tf.nn.softmax_cross_entropy_with_logits(one_hot, logits)
    else:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(known, logits)
    if config.hardest_fraction < 1:
        weight = weight * _hardest(losses * weight, config.hardest_fraction)
    return reduction.global_mean(losses, weight)


def _hardest(losses: tf.Tensor, fraction: float) -> tf.Tensor:
    """Float [B, H, W], 1 on the given fraction of each image's pixels with the largest loss [B, H, W], else 0."""
    flat = tf.reshape(losses, [tf.shape(losses)[0], -1])
    count = tf.cast(tf.math.ceil(fraction * tf.cast(tf.shape(flat)[1], tf.float32)), tf.int32)
    lowest = tf.math.top_k(tf.stop_gradient(flat), k=count, sorted=True).values[:, -1]
    return tf.cast(losses >= lowest[:, None, None], tf.float32)
