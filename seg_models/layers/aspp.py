"""Atrous spatial pyramid pooling (DeepLabV3, section 3.3)."""

import dataclasses

import keras
import tensorflow as tf

from seg_models.layers import convolution, dropout, normalization, resize_like

REFERENCE_STRIDE = 16


@dataclasses.dataclass(frozen=True)
class Aspp:
    """The shape of the pyramid.

    Attributes:
      channels: of each branch, and of the result.
      rates: of the 3x3 branches at output stride 16; doubled at 8 and halved at 32, so they reach equally far.
      dropout: of the result.
      separable: depthwise-separable 3x3 branches.
    """

    channels: int = 256
    rates: tuple[int, ...] = (6, 12, 18)
    dropout: float = 0.1
    separable: bool = False


def aspp(features: tf.Tensor, settings: Aspp, norm: normalization.Norm, *, output_stride: int) -> tf.Tensor:
    """Context at several ranges, float [B, h, w, C] -> float [B, h, w, settings.channels], for any h and w.

    Args:
      features: of stride `output_stride`.
      settings: see Aspp.
      norm: of every convolution.
      output_stride: scales the rates.
    """
    three_by_three = convolution.separable if settings.separable else convolution.block
    branches = [convolution.block(features, settings.channels, norm, kernel_size=1)]
    for rate in rates(settings, output_stride):
        branches.append(three_by_three(features, settings.channels, norm, rate=rate))
    # In float32: half precision can neither hold the sum over an image nor add a small value to a large one.
    pooled = keras.layers.GlobalAveragePooling2D(keepdims=True, dtype="float32")(features)
    pooled = convolution.block(pooled, settings.channels, norm, kernel_size=1)
    branches.append(resize_like.ResizeLike()([pooled, features]))
    merged = convolution.block(keras.layers.Concatenate()(branches), settings.channels, norm, kernel_size=1)
    return dropout.Dropout(settings.dropout)(merged)


def rates(settings: Aspp, output_stride: int) -> tuple[int, ...]:
    """The dilation rates at this output stride."""
    return tuple(max(1, rate * REFERENCE_STRIDE // output_stride) for rate in settings.rates)
