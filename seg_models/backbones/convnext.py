"""ConvNeXt (Liu et al., 2022), with the weights of keras.applications."""

import dataclasses
import functools

import keras
import numpy as np
import tensorflow as tf

from seg_models import applications, dilation, errors, registry
from seg_models.layers import atrous_convolution, drop_path, end_padding, layer_scale, normalization

DEEP = (3, 3, 27, 3)

# The network of keras.applications, and the blocks and the channels of the stages (section 3).
VARIANTS = {
    "tiny": (keras.applications.ConvNeXtTiny, (3, 3, 9, 3), (96, 192, 384, 768)),
    "small": (keras.applications.ConvNeXtSmall, DEEP, (96, 192, 384, 768)),
    "base": (keras.applications.ConvNeXtBase, DEEP, (128, 256, 512, 1024)),
    "large": (keras.applications.ConvNeXtLarge, DEEP, (192, 384, 768, 1536)),
    "xlarge": (keras.applications.ConvNeXtXLarge, DEEP, (256, 512, 1024, 2048)),
}
EPSILON = 1e-6
SPREAD = 0.02  # of all kernels at first (appendix A.1)
KERNEL = 7
PATCH = 4  # pixels that the stem merges along each axis

# Of ImageNet's colours in 0..255.
MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)


@dataclasses.dataclass(frozen=True)
class Config:
    """Which ConvNeXt.

    Attributes:
      output_stride: 8, 16 or 32: of the deepest features; strides beyond it become dilation.
      variant: "tiny", "small", "base", "large" or "xlarge".
      drop_path: stochastic depth of the deepest block; it grows linearly from none at the first. The default is the
        release's for segmentation (0.3 for "small").
      weights: None (random), "imagenet", or a local file as keras.applications publishes it.
    """

    output_stride: int = 32
    variant: str = "tiny"
    drop_path: float = 0.4
    weights: str | None = None

    def __post_init__(self) -> None:
        dilation.check(self.output_stride)
        registry.check("the kinds of `variant`", self.variant, VARIANTS)
        if not 0 <= self.drop_path < 1:
            raise errors.UserError(f"`drop_path` is {self.drop_path}; expected 0 or more, and less than 1.")

    @property
    def pretrained(self) -> bool:
        """Whether the backbone comes with weights learnt elsewhere."""
        return self.weights is not None


def build(config: Config, norm: normalization.Norm) -> keras.Model:
    """Functional model, float 0..255 [B, H, W, 3] -> {"2", "3", "4", "5": features}; named as in keras.applications.

    Level n is float [B, ceil(H / s), ceil(W / s), C], where s is 2^n or output_stride, whichever is less. There is no
    level 1, for the stem goes to stride 4 in one step. As in the authors' segmentation networks, each level has a
    layer normalisation of its own, which is never pretrained. `norm` has nothing to replace: layer normalisation is
    part of the architecture.
    """
    application, blocks, widths = VARIANTS[config.variant]
    prefix = f"convnext_{config.variant}"
    rates = iter(np.linspace(0, config.drop_path, sum(blocks)).tolist())
    image = keras.Input((None, None, 3), name="image")
    scale, offset = [1 / each for each in DEVIATION], [-mean / each for mean, each in zip(MEAN, DEVIATION)]
    features = keras.layers.Rescaling(scale, offset=offset, dtype="float32")(image)
    features = _merged(features, widths[0], PATCH, f"{prefix}_stem_conv", strides=PATCH)
    features = _normalized(features, f"{prefix}_stem_layernorm")
    levels = {}
    for stage, (count, width) in enumerate(zip(blocks, widths)):
        level = stage + 2
        if stage:
            strides, rate = dilation.plan(2 ** (level - 1), 2, config.output_stride)
            features = _normalized(features, f"{prefix}_downsampling_layernorm_{stage - 1}")
            name = f"{prefix}_downsampling_conv_{stage - 1}"
            features = _merged(features, width, 2, name, strides=strides, rate=rate)
        _, rate = dilation.plan(2**level, 1, config.output_stride)
        for index in range(count):
            features = _block(features, f"{prefix}_stage_{stage}_block_{index}", rate=rate, drop=next(rates))
        levels[str(level)] = _normalized(features, f"{prefix}_level_{level}_layernorm")
    backbone = keras.Model(image, levels, name=prefix)
    if config.pretrained:
        published = functools.partial(application, include_preprocessing=False)
        applications.copy_weights(applications.create(published, config.weights), backbone)
    return backbone


def _normalized(features: tf.Tensor, name: str) -> tf.Tensor:
    """Float [B, H, W, C] -> the same shape; over the channels of each pixel."""
    return keras.layers.LayerNormalization(epsilon=EPSILON, name=name)(features)


def _merged(features: tf.Tensor, width: int, size: int, name: str, *, strides: int, rate: int = 1) -> tf.Tensor:
    """size x size pixels become one: float [B, H, W, C] -> float [B, ceil(H / strides), ceil(W / strides), width]."""
    features = end_padding.EndPadding(size, strides, rate)(features)
    convolution = atrous_convolution.AtrousConv2D(
        width, size, strides=strides, dilation_rate=rate, kernel_initializer=_initializer(), name=name
    )
    return convolution(features)


def _initializer() -> keras.initializers.Initializer:
    return keras.initializers.TruncatedNormal(stddev=SPREAD)


def _dense(features: tf.Tensor, width: int, name: str, activation: str | None = None) -> tf.Tensor:
    """Float [B, H, W, C] -> float [B, H, W, width], each pixel by itself."""
    return keras.layers.Dense(width, activation, kernel_initializer=_initializer(), name=name)(features)


def _block(features: tf.Tensor, name: str, *, rate: int, drop: float) -> tf.Tensor:
    """Depthwise 7x7, then per pixel 4 times as wide and back (figure 4): float [B, H, W, C] -> the same shape."""
    width = features.shape[-1]
    shortcut = features
    features = keras.layers.DepthwiseConv2D(
        KERNEL,
        padding="same",
        dilation_rate=rate,
        depthwise_initializer=_initializer(),
        name=f"{name}_depthwise_conv",
    )(features)
    features = _normalized(features, f"{name}_layernorm")
    features = _dense(features, 4 * width, f"{name}_pointwise_conv_1", "gelu")
    features = _dense(features, width, f"{name}_pointwise_conv_2")
    features = layer_scale.LayerScale(name=f"{name}_layer_scale")(features)
    features = drop_path.layer(drop, f"{name}_drop_path")(features)
    return keras.layers.Add(name=f"{name}_add")([shortcut, features])
