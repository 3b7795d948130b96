"""MobileNetV3, large and small (Howard et al., 2019, tables 1 and 2), with the weights of keras.applications."""

import dataclasses
import functools
from typing import NamedTuple

import keras
import tensorflow as tf

from seg_models import applications, dilation, errors, registry
from seg_models.layers import hard_swish, normalization


class Block(NamedTuple):
    """A row of the paper's tables.

    Attributes:
      kernel: of the depthwise convolution.
      expansion: channels within, as a multiple of those that come in.
      channels: that go out.
      excite: whether squeeze-and-excitation follows the depthwise convolution.
      hard: whether hard swish is the activation, else ReLU.
      strides: of the depthwise convolution.
    """

    kernel: int
    expansion: float
    channels: int
    excite: bool
    hard: bool
    strides: int = 1


VARIANTS = {
    "large": (
        keras.applications.MobileNetV3Large,
        (
            Block(3, 1, 16, False, False),
            Block(3, 4, 24, False, False, 2),
            Block(3, 3, 24, False, False),
            Block(5, 3, 40, True, False, 2),
            Block(5, 3, 40, True, False),
            Block(5, 3, 40, True, False),
            Block(3, 6, 80, False, True, 2),
            Block(3, 2.5, 80, False, True),
            Block(3, 2.3, 80, False, True),
            Block(3, 2.3, 80, False, True),
            Block(3, 6, 112, True, True),
            Block(3, 6, 112, True, True),
            Block(5, 6, 160, True, True, 2),
            Block(5, 6, 160, True, True),
            Block(5, 6, 160, True, True),
        ),
    ),
    "small": (
        keras.applications.MobileNetV3Small,
        (
            Block(3, 1, 16, True, False, 2),
            Block(3, 72 / 16, 24, False, False, 2),
            Block(3, 88 / 24, 24, False, False),
            Block(5, 4, 40, True, True, 2),
            Block(5, 6, 40, True, True),
            Block(5, 6, 40, True, True),
            Block(5, 3, 48, True, True),
            Block(5, 3, 48, True, True),
            Block(5, 6, 96, True, True, 2),
            Block(5, 6, 96, True, True),
            Block(5, 6, 96, True, True),
        ),
    ),
}
STEM = 16
EPSILON = 1e-3  # that the statistics of keras.applications were learnt with


@dataclasses.dataclass(frozen=True)
class Config:
    """Which MobileNetV3.

    Attributes:
      output_stride: 8, 16 or 32: of the deepest features; strides beyond it become dilation.
      variant: "large" or "small".
      alpha: factor of the widths; ImageNet weights exist for 0.75 and 1.
      reduced: half the channels at stride 32, which for segmentation are enough (section 6.4); has no ImageNet weights.
      weights: None (random), "imagenet", or a local file as keras.applications publishes it.
    """

    output_stride: int = 16
    variant: str = "large"
    alpha: float = 1.0
    reduced: bool = False
    weights: str | None = None

    def __post_init__(self) -> None:
        dilation.check(self.output_stride)
        registry.check("the kinds of `variant`", self.variant, VARIANTS)
        if self.alpha <= 0:
            raise errors.UserError(f"`alpha` is {self.alpha}; expected a positive number.")
        if self.reduced and self.weights is not None:
            raise errors.UserError(
                f"`weights` is {self.weights}, but keras.applications has none for half the channels. Expected "
                "`weights` none, or `reduced` false."
            )

    @property
    def pretrained(self) -> bool:
        """Whether the backbone comes with weights learnt elsewhere."""
        return self.weights is not None


def build(config: Config, norm: normalization.Norm) -> keras.Model:
    """Functional model, float 0..255 [B, H, W, 3] -> {level: features}; named as in keras.applications, `_` for `/`.

    Level n is float [B, ceil(H / s), ceil(W / s), C], where s is 2^n or output_stride, whichever is less. It holds the
    output of the last block of its stride; level 5 that of the 1x1 convolution after it, where the paper's
    segmentation heads attach (section 6.4). The small network has no block at stride 2: level 1 is its stem.

    Squeeze-and-excitation sees the mean of all features of a block. A dilated network has 4 or 16 times as many of
    them, so its means are not quite those of the strided network; all else is what the strided one computes.
    """
    application, blocks = VARIANTS[config.variant]
    image = keras.Input((None, None, 3), name="image")
    features = keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32")(image)
    brick = _Brick(config, norm)
    features = brick.convolution(features, STEM, 3, "Conv", strides=2)
    features = brick.activation(features, hard=True)
    levels, stride = {"1": features}, 2
    for index, block in enumerate(blocks):
        features = brick.block(features, block, index, stride)
        stride *= block.strides
        levels[str(stride.bit_length() - 1)] = features
    features = brick.convolution(features, rounded(6 * features.shape[-1]), 1, "Conv_1")
    levels["5"] = brick.activation(features, hard=True)
    backbone = keras.Model(image, levels, name=f"mobilenet_v3_{config.variant}")
    if config.pretrained:
        published = functools.partial(application, alpha=config.alpha, include_preprocessing=False)
        applications.copy_weights(applications.create(published, config.weights), backbone)
    return backbone


def rounded(channels: float) -> int:
    """The nearest multiple of 8, but not below nine tenths of the number (the authors' slim implementation)."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8


class _Brick:
    """What the network is built of."""

    def __init__(self, config: Config, norm: normalization.Norm) -> None:
        self.config = config
        self.norm = dataclasses.replace(norm, epsilon=EPSILON)

    def convolution(
        self, features: tf.Tensor, filters: int, kernel_size: int, name: str, *, strides: int = 1
    ) -> tf.Tensor:
        """Convolution and normalisation: float [B, H, W, C] -> float [B, ceil(H / s), ceil(W / s), filters]."""
        features = keras.layers.Conv2D(
            filters,
            kernel_size,
            strides=strides,
            padding="same",
            use_bias=self.norm.use_bias,
            kernel_initializer="he_normal",
            name=name,
        )(features)
        return self.normalized(features, name)

    def normalized(self, features: tf.Tensor, name: str) -> tf.Tensor:
        """Float [B, H, W, C] -> the same shape; `name` is that of the convolution before."""
        return self.norm.layer(f"{name}_BatchNorm", pretrained=self.config.pretrained)(features)

    def activation(self, features: tf.Tensor, *, hard: bool) -> tf.Tensor:
        """Float, any shape -> the same."""
        return hard_swish.HardSwish()(features) if hard else keras.layers.ReLU()(features)

    def block(self, features: tf.Tensor, block: Block, index: int, stride: int) -> tf.Tensor:
        """Inverted residual bottleneck (figure 4): float [B, H, W, C] -> float [B, H', W', block.channels * alpha].

        `stride` is that of the block's input in the undilated network.
        """
        prefix = f"expanded_conv_{index}" if index else "expanded_conv"
        shortcut, inputs = features, features.shape[-1]
        channels = block.channels // 2 if self.config.reduced and stride * block.strides == 32 else block.channels
        channels, inner = rounded(channels * self.config.alpha), rounded(inputs * block.expansion)
        if index:
            features = self.convolution(features, inner, 1, f"{prefix}_expand")
            features = self.activation(features, hard=block.hard)
        strides, rate = dilation.plan(stride, block.strides, self.config.output_stride)
        features = keras.layers.DepthwiseConv2D(
            block.kernel,
            strides=strides,
            dilation_rate=rate,
            padding="same",
            use_bias=self.norm.use_bias,
            # Keras counts all channels as fan-in, but each output sees one.
            depthwise_initializer=keras.initializers.RandomNormal(stddev=(2 / block.kernel**2) ** 0.5),
            name=f"{prefix}_depthwise",
        )(features)
        features = self.activation(self.normalized(features, f"{prefix}_depthwise"), hard=block.hard)
        if block.excite:
            features = _excited(features, f"{prefix}_squeeze_excite")
        features = self.convolution(features, channels, 1, f"{prefix}_project")
        if block.strides == 1 and inputs == channels:
            features = keras.layers.Add(name=f"{prefix}_Add")([shortcut, features])
        return features


def _excited(features: tf.Tensor, name: str) -> tf.Tensor:
    """Squeeze-and-excitation, a quarter wide (section 5.3): float [B, H, W, C] -> the same shape."""
    channels = features.shape[-1]
    # In half precision the sum over a large image would lose digits, or overflow.
    gate = keras.layers.GlobalAveragePooling2D(keepdims=True, dtype="float32", name=f"{name}_AvgPool")(features)
    gate = keras.layers.Conv2D(rounded(channels / 4), 1, activation="relu", name=f"{name}_Conv")(gate)
    gate = keras.layers.Conv2D(channels, 1, name=f"{name}_Conv_1")(gate)
    return keras.layers.Multiply(name=f"{name}_Mul")([features, hard_swish.HardSigmoid()(gate)])
