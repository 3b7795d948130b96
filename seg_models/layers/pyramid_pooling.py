"""Pyramid pooling (PSPNet, section 3.2): what the whole image and its regions hold, beside every pixel's features."""

import keras
import tensorflow as tf

from seg_models.layers import adaptive_average_pooling, convolution, normalization, resize_like

BINS = (1, 2, 3, 6)


def pyramid_pooling(
    features: tf.Tensor, norm: normalization.Norm, *, channels: int, bins: tuple[int, ...] = BINS
) -> tf.Tensor:
    """Float [B, h, w, C] -> float [B, h, w, C + len(bins) * channels], for any h and w.

    Args:
      features: of any size, also one smaller than the bins.
      norm: of the 1x1 convolutions.
      channels: that each level of the pyramid is reduced to; C / len(bins) in the paper.
      bins: on each side, at each level of the pyramid.
    """
    branches = [features]
    for count in bins:
        pooled = adaptive_average_pooling.AdaptiveAveragePooling2D(count)(features)
        reduced = convolution.block(pooled, channels, norm, kernel_size=1)
        branches.append(resize_like.ResizeLike()([reduced, features]))
    return keras.layers.Concatenate()(branches)
