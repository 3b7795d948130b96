"""A small residual network of dense 3x3 convolutions, to be trained from random weights on small images.

Processors run dense convolutions close to their peak and depthwise ones far below it, so per second of training this
learns more than the mobile networks do.
"""

import dataclasses

import keras
import tensorflow as tf

from seg_models import dilation, errors
from seg_models.layers import atrous_convolution, normalization


@dataclasses.dataclass(frozen=True)
class Config:
    """The network's size.

    Attributes:
      output_stride: 8, 16 or 32: of the deepest features; strides beyond it become dilation.
      stem: channels at level 1.
      widths: channels at levels 2, 3, 4 and 5.
      blocks: residual blocks at levels 2, 3, 4 and 5.
    """

    output_stride: int = 16
    stem: int = 32
    widths: tuple[int, int, int, int] = (32, 64, 128, 256)
    blocks: tuple[int, int, int, int] = (2, 2, 2, 2)

    def __post_init__(self) -> None:
        dilation.check(self.output_stride)
        if min(self.stem, *self.widths, *self.blocks) < 1:
            raise errors.UserError(f"`stem`, `widths` and `blocks` must be positive, got {self}.")

    @property
    def pretrained(self) -> bool:
        """Whether the backbone comes with weights learnt elsewhere."""
        return False


def build(config: Config, norm: normalization.Norm) -> keras.Model:
    """Functional model, float 0..255 [B, H, W, 3] -> {level: features}.

    Level n is float [B, ceil(H / s), ceil(W / s), C], where s is 2^n or output_stride, whichever is less.
    """
    image = keras.Input((None, None, 3), name="image")
    features = keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32")(image)
    features = keras.layers.ReLU()(_normalized(features, config.stem, 3, norm, strides=2))
    levels = {"1": features}
    for level, width, blocks in zip((2, 3, 4, 5), config.widths, config.blocks):
        strides, entry_rate = dilation.plan(2 ** (level - 1), 2, config.output_stride)
        _, rate = dilation.plan(2**level, 1, config.output_stride)
        shortcut = _normalized(features, width, 1, norm, strides=strides)
        features = _block(features, shortcut, norm, strides=strides, rates=(entry_rate, rate))
        for _ in range(blocks - 1):
            features = _block(features, features, norm, strides=1, rates=(rate, rate))
        levels[str(level)] = features
    return keras.Model(image, levels, name="residual")


def _block(
    features: tf.Tensor, shortcut: tf.Tensor, norm: normalization.Norm, *, strides: int, rates: tuple[int, int]
) -> tf.Tensor:
    """Two 3x3 convolutions, to which the shortcut is added: float [B, H, W, C] -> float [B, h, w, D], its shape."""
    width = shortcut.shape[-1]
    features = keras.layers.ReLU()(_normalized(features, width, 3, norm, strides=strides, rate=rates[0]))
    features = _normalized(features, width, 3, norm, rate=rates[1])
    return keras.layers.ReLU()(keras.layers.Add()([shortcut, features]))


def _normalized(
    features: tf.Tensor, width: int, size: int, norm: normalization.Norm, *, strides: int = 1, rate: int = 1
) -> tf.Tensor:
    """Convolution, normalisation: float [B, H, W, C] -> float [B, ceil(H / strides), ceil(W / strides), width]."""
    if strides > 1 and size > 1:
        # With "same" a strided 3x3 would look one pixel further right and down than the shortcut beside it.
        features = keras.layers.ZeroPadding2D(size // 2)(features)
    convolution = atrous_convolution.AtrousConv2D(
        width,
        size,
        strides=strides,
        dilation_rate=rate,
        padding="same" if strides == 1 else "valid",
        use_bias=norm.use_bias,
        kernel_initializer="he_normal",
    )
    return norm.layer()(convolution(features))
