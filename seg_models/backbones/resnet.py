"""ResNet-50, -101 and -152 (He et al., 2015, table 1), with the original stem or three 3x3 convolutions in its place.

The stride of a stage is in its first 1x1 convolution, as in the paper, keras.applications and PSPNet's release.
"""

import dataclasses

import keras
import tensorflow as tf

from seg_models import applications, dilation, errors, registry
from seg_models.layers import atrous_convolution, caffe_preprocessing, normalization

STEMS = ("plain", "deep")
DEEP_STEM = (64, 64, 128)
WIDTHS = (64, 128, 256, 512)
EXPANSION = 4
EPSILON = 1.001e-5  # that the statistics of keras.applications were learnt with

# depth -> the network of keras.applications, and the blocks of stages 2 to 5.
DEPTHS = {
    50: (keras.applications.ResNet50, (3, 4, 6, 3)),
    101: (keras.applications.ResNet101, (3, 4, 23, 3)),
    152: (keras.applications.ResNet152, (3, 8, 36, 3)),
}


@dataclasses.dataclass(frozen=True)
class Config:
    """Which ResNet.

    Attributes:
      output_stride: 8, 16 or 32: of the deepest features; strides beyond it become dilation.
      depth: 50, 101 or 152.
      stem: "plain", a 7x7 convolution as published and as in keras.applications; or "deep", 3x3 convolutions of 64, 64
        and 128 channels, as in PSPNet and in DeepLab's "beta" variant.
      multi_grid: what the dilation of the three blocks of the last stage is multiplied by (DeepLabV3, section 3.2.1).
      weights: None (random), "imagenet", or a local file as keras.applications publishes it; None for the deep stem.
    """

    output_stride: int = 16
    depth: int = 50
    stem: str = "plain"
    multi_grid: tuple[int, int, int] = (1, 1, 1)
    weights: str | None = None

    def __post_init__(self) -> None:
        dilation.check(self.output_stride)
        registry.check("the kinds of `stem`", self.stem, STEMS)
        if self.depth not in DEPTHS:
            raise errors.UserError(f"`depth` is {self.depth}; expected one of {', '.join(map(str, DEPTHS))}.")
        if len(self.multi_grid) != 3 or min(self.multi_grid) < 1:
            raise errors.UserError(f"`multi_grid` is {self.multi_grid}; expected three positive numbers.")
        if self.stem == "deep" and self.weights is not None:
            raise errors.UserError(
                f"`weights` is {self.weights}, but keras.applications has no weights for the `stem` deep, nor for a "
                "first block that takes its 128 channels. Expected `weights` none, or the `stem` plain."
            )

    @property
    def pretrained(self) -> bool:
        """Whether the backbone comes with weights learnt elsewhere."""
        return self.weights is not None


def build(config: Config, norm: normalization.Norm) -> keras.Model:
    """Functional model, float 0..255 [B, H, W, 3] -> {level: features}; layers are named as in keras.applications.

    Level n is float [B, ceil(H / s), ceil(W / s), C], where s is 2^n or output_stride, whichever is less. Level 1 is
    the stem's output, the others are those of the stages.
    """
    application, blocks = DEPTHS[config.depth]
    image = keras.Input((None, None, 3), name="image")
    features = caffe_preprocessing.CaffePreprocessing()(image)
    convolution = _Convolution(config, norm)
    features = _deep_stem(features, convolution) if config.stem == "deep" else _plain_stem(features, convolution)
    levels = {"1": features}
    features = keras.layers.ZeroPadding2D(1, name="pool1_pad")(features)
    features = keras.layers.MaxPooling2D(3, strides=2, name="pool1_pool")(features)
    for level, width, count in zip((2, 3, 4, 5), WIDTHS, blocks):
        strides = 1 if level == 2 else dilation.plan(2 ** (level - 1), 2, config.output_stride)[0]
        _, rate = dilation.plan(2**level, 1, config.output_stride)
        for index, factor in enumerate(config.multi_grid if level == 5 else (1,) * count, start=1):
            features = convolution.bottleneck(
                features, width, f"conv{level}_block{index}", strides=strides if index == 1 else 1, rate=rate * factor
            )
        levels[str(level)] = features
    backbone = keras.Model(image, levels, name=f"resnet{config.depth}")
    if config.pretrained:
        applications.copy_weights(applications.create(application, config.weights), backbone)
    return backbone


class _Convolution:
    """A convolution with its normalisation, and what is built of it; named as in keras.applications."""

    def __init__(self, config: Config, norm: normalization.Norm) -> None:
        self.norm = dataclasses.replace(norm, epsilon=EPSILON)
        self.pretrained = config.pretrained
        # In keras.applications they have biases for the normalisation to remove; the networks of a deep stem have none.
        self.use_bias = config.stem == "plain" or norm.use_bias

    def __call__(
        self,
        features: tf.Tensor,
        filters: int,
        kernel_size: int,
        name: str,
        *,
        strides: int = 1,
        rate: int = 1,
        relu: str = "",
    ) -> tf.Tensor:
        """Float [B, H, W, C] -> float [B, ceil(H / strides), ceil(W / strides), filters]; `relu` names that layer."""
        if kernel_size > 1 and strides > 1:
            # Evenly on all sides, so that every stride starts at the first pixel whatever the image's size.
            features = keras.layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(features)
        features = atrous_convolution.AtrousConv2D(
            filters,
            kernel_size,
            strides=strides,
            dilation_rate=rate,
            padding="valid" if strides > 1 else "same",
            use_bias=self.use_bias,
            kernel_initializer="he_normal",
            name=f"{name}_conv",
        )(features)
        features = self.norm.layer(f"{name}_bn", pretrained=self.pretrained)(features)
        return keras.layers.ReLU(name=relu)(features) if relu else features

    def bottleneck(self, features: tf.Tensor, width: int, name: str, *, strides: int, rate: int) -> tf.Tensor:
        """Float [B, H, W, C] -> float [B, ceil(H / strides), ceil(W / strides), 4 * width] (figure 5 of the paper)."""
        shortcut = features
        if name.endswith("_block1"):
            shortcut = self(features, EXPANSION * width, 1, f"{name}_0", strides=strides)
        features = self(features, width, 1, f"{name}_1", strides=strides, relu=f"{name}_1_relu")
        features = self(features, width, 3, f"{name}_2", rate=rate, relu=f"{name}_2_relu")
        features = self(features, EXPANSION * width, 1, f"{name}_3")
        features = keras.layers.Add(name=f"{name}_add")([shortcut, features])
        return keras.layers.ReLU(name=f"{name}_out")(features)


def _plain_stem(features: tf.Tensor, convolution: _Convolution) -> tf.Tensor:
    """Float [B, H, W, 3] -> float [B, ceil(H / 2), ceil(W / 2), 64]."""
    return convolution(features, 64, 7, "conv1", strides=2, relu="conv1_relu")


def _deep_stem(features: tf.Tensor, convolution: _Convolution) -> tf.Tensor:
    """Float [B, H, W, 3] -> float [B, ceil(H / 2), ceil(W / 2), 128]."""
    for index, filters in enumerate(DEEP_STEM, start=1):
        strides = 2 if index == 1 else 1
        features = convolution(features, filters, 3, f"conv1_{index}", strides=strides, relu=f"conv1_{index}_relu")
    return features
