"""Correlation maximised structural similarity loss (Zhao et al., arXiv 1910.08711).

Truth and prediction of each class are normalised by mean and deviation in a window around each pixel, as in SSIM. Where
the two then differ much, their linear correlation is low; there the cross-entropy is multiplied by the difference.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, errors, known_pixels, reduction

# Far below `stability`; only keeps the slope of the square root finite where a window is flat.
FLAT = 1e-8


@dataclasses.dataclass(frozen=True)
class Config:
    """The window and what counts as dissimilar.

    Attributes:
      share: of this in the loss; plain cross-entropy of each class against the rest has what is left (lambda).
      threshold: pixels whose difference is less than this part of the largest of the image do not count (beta).
      window: side of the window, odd.
      deviation: of the window's Gaussian weights, in pixels.
      stability: added to deviations (C4).
    """

    share: float = 0.5
    threshold: float = 0.1
    window: int = 3
    deviation: float = 1.5
    stability: float = 0.01

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1 or not 0 <= self.threshold < 1:
            raise errors.UserError(
                f"`share` is {self.share}, `threshold` {self.threshold}; expected 0 <= share <= 1, 0 <= threshold < 1."
            )
        if self.window < 1 or self.window % 2 == 0 or self.deviation <= 0 or self.stability <= 0:
            raise errors.UserError(
                f"`window` is {self.window}, `deviation` {self.deviation}, `stability` {self.stability}; expected an "
                "odd window, and the others above 0."
            )


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean over pixels and classes; logits float [B, H, W, C], weight float [B, H, W]."""
    known = known_pixels.of(info, truth, logits, weight)
    positive, negative = known.one_against_rest
    entropy = known.one_hot * positive + (1 - known.one_hot) * negative
    difference = _difference(config, known)
    largest = tf.reduce_max(difference, axis=[1, 2, 3], keepdims=True)
    dissimilar = tf.cast(difference > config.threshold * largest, entropy.dtype)
    weights = tf.broadcast_to(known.weight[..., None], tf.shape(entropy))
    structural = reduction.global_mean(difference * entropy, dissimilar * weights)
    return config.share * structural + (1 - config.share) * reduction.global_mean(entropy, weights)


def _difference(config: Config, known: known_pixels.Known) -> tf.Tensor:
    """|normalised truth - normalised prediction|, float [B, H, W, C]; 0 where nothing is known."""
    mask = tf.cast(known.mask, known.logits.dtype)[..., None]
    normalised = []
    for values in (known.one_hot, known.probabilities):
        mean = _local_mean(config, values, mask)
        variance = _local_mean(config, values**2, mask) - mean**2
        deviation = tf.sqrt(tf.maximum(variance, 0.0) + FLAT)
        normalised.append((values - mean + config.stability) / (deviation + config.stability))
    return mask * tf.abs(normalised[0] - normalised[1])


def _local_mean(config: Config, values: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """The Gaussian mean of float [B, H, W, C] over the known pixels of each window, mask float [B, H, W, 1]."""
    return tf.math.divide_no_nan(_blurred(config, values * mask), _blurred(config, mask))


def _blurred(config: Config, values: tf.Tensor) -> tf.Tensor:
    """Float [B, H, W, C], weighted sums over windows; beyond the image there is nothing."""
    offsets = tf.range(config.window) - config.window // 2
    line = tf.exp(tf.cast(-(offsets**2), values.dtype) / (2 * config.deviation**2))
    for size in ((config.window, 1), (1, config.window)):
        kernel = tf.tile(tf.reshape(line, [*size, 1, 1]), [1, 1, values.shape[-1], 1])
        values = tf.nn.depthwise_conv2d(values, kernel, strides=[1, 1, 1, 1], padding="SAME")
    return values
