"""Softmax cross-entropy over pixels: void costs nothing; class weights and hardest pixels as options."""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, errors, known_pixels, reduction


@dataclasses.dataclass(frozen=True)
class Config:
    """How the pixels count.

    Attributes:
      hardest_fraction: of each image's pixels, void too, that is learnt from (top-k pixels, Panoptic-DeepLab, section
        3.4): those of the largest weight times loss. As in the authors' release (deeplab2) they are averaged over how
        many they are, not over their weights: of twice the weights the loss is twice as large. What costs nothing,
        such as void, is not counted.
      label_smoothing: of the one-hot truth.
      easy_probability: a pixel whose true class has at least this probability is not learnt from (online hard example
        mining; HRNet's release configures 0.9, its class defaults to 0.7); 1: all are learnt from.
      min_kept: of each image, so many of the hardest known pixels are learnt from all the same. HRNet's release counts
        them over all images of a device: 100000, and 131072 in its settings for Cityscapes.
    """

    hardest_fraction: float = 1.0
    label_smoothing: float = 0.0
    easy_probability: float = 1.0
    min_kept: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.hardest_fraction <= 1 or not 0 <= self.label_smoothing < 1:
            raise errors.UserError(
                f"`hardest_fraction` is {self.hardest_fraction}, `label_smoothing` {self.label_smoothing}; expected "
                "0 < hardest_fraction <= 1 and 0 <= label_smoothing < 1."
            )
        if not 0 <= self.easy_probability <= 1 or self.min_kept < 0:
            raise errors.UserError(
                f"`easy_probability` is {self.easy_probability}, `min_kept` {self.min_kept}; expected "
                "0 <= easy_probability <= 1 and 0 <= min_kept."
            )
        if self.hardest_fraction < 1 and self.easy_probability < 1:
            raise errors.UserError(
                f"`hardest_fraction` is {self.hardest_fraction} and `easy_probability` {self.easy_probability}; "
                "expected one of them at most, for both choose the pixels."
            )
        if self.easy_probability == 0 and not self.min_kept:
            raise errors.UserError(
                "`easy_probability` is 0 and `min_kept` 0, so nothing would be learnt from; expected one above 0."
            )
        if self.hardest_fraction < 1 and self.min_kept:
            raise errors.UserError(
                f"`min_kept` is {self.min_kept} and `hardest_fraction` {self.hardest_fraction}; expected `min_kept` 0, "
                "for it belongs to `easy_probability`."
            )


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean cross-entropy over the global batch's pixels that are not void.

    The mean is weighted, but of the hardest pixels alone it is that of weight times loss; see Config.

    Args:
      config: see Config.
      info: says which value is void.
      truth: a batch; "semantic" is int32 [B, H, W] train ids.
      logits: float [B, H, W, C].
      weight: float [B, H, W], such as class weights; 0 leaves a pixel out.
    """
    known = known_pixels.of(info, truth, logits, weight)
    losses, weight = known.cross_entropy, known.weight
    if config.easy_probability < 1:
        weight = weight * _not_easy(losses, known.mask, config)
    if config.label_smoothing:
        one_hot = tf.one_hot(known.semantic, info.num_categories, dtype=losses.dtype)
        smooth = config.label_smoothing
        one_hot = one_hot * (1 - smooth) + smooth / info.num_categories
        losses = tf.nn.softmax_cross_entropy_with_logits(one_hot, known.logits)
    if config.hardest_fraction < 1:
        losses = losses * weight
        weight = _hardest(losses, config.hardest_fraction)
    return reduction.global_mean(losses, weight)


def _hardest(losses: tf.Tensor, fraction: float) -> tf.Tensor:
    """Float [B, H, W], 1 on the given fraction of each image's pixels with the largest loss [B, H, W], else 0.

    It is 0 where the loss is, so on void and on images of weight 0, which would be among the largest where most is 0.
    """
    pixels = tf.cast(tf.reduce_prod(tf.shape(losses)[1:]), tf.float32)
    lowest = _largest(losses, tf.cast(tf.math.ceil(fraction * pixels), tf.int32))
    return tf.cast((losses >= lowest) & (losses > 0), losses.dtype)


def _not_easy(losses: tf.Tensor, known: tf.Tensor, config: Config) -> tf.Tensor:
    """Float [B, H, W], 1 where float -log p [B, H, W] is of a hard pixel or one of the `min_kept` hardest, else 0."""
    limit = -tf.math.log(tf.constant(config.easy_probability, losses.dtype))
    hard = losses > limit
    if config.min_kept:
        count = tf.minimum(config.min_kept, tf.reduce_prod(tf.shape(losses)[1:]))
        hard |= losses >= _largest(tf.where(known, losses, -1.0), count)
    return tf.cast(hard, losses.dtype)


def _largest(values: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """The count-th largest of each image, float [B, H, W] -> [B, 1, 1]."""
    flat = tf.reshape(tf.stop_gradient(values), [tf.shape(values)[0], -1])
    return tf.math.top_k(flat, k=count, sorted=True).values[:, -1, None, None]
