"""U-Net whose contracting path is a classification network, so that it can start from ImageNet.

U-Net (Ronneberger et al., 2015, arXiv:1505.04597) with a VGG in the place of its left half is TernausNet (Iglovikov and
Shvets, 2018, arXiv:1801.05746). The right half is that of the release segmentation-models 1.0.1, which has made such
networks with many backbones the usual ones: five blocks, of 256 to 16 channels.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model, registry
from seg_models.backbones import resnet, vgg16
from seg_models.layers import convolution, mirror_padding, normalization, unpooling
from seg_models.losses import cross_entropy

UPSAMPLINGS = ("nearest", "transposed")
DEEPEST = 5


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are the release's. VGG16 has a constant of its own.

    Attributes:
      backbone: Config of seg_models.backbones; the usual ones are not dilated.
      finest_skip: the levels from 4 down to this one join the expanding path where the backbone has them. U-Net and
        TernausNet join level 0 too, the image's own size.
      center_channels: of two 3x3 convolutions before the expanding path; 0: none. The release has them, with 512
        channels, where a backbone ends in a pooling.
      channels: of the blocks of the expanding path, the deepest first, which works at stride 16; the last at stride 1.
      upsampling: "nearest" (every pixel four times, then two 3x3 convolutions), or "transposed" (a transposed 4x4
        convolution takes the first one's place).
      norm: of every layer, the backbone's too.
      loss: Config of seg_models.losses.
    """

    backbone: Any = settings.part("seg_models.backbones", default=resnet.Config(output_stride=32))
    finest_skip: int = 1
    center_channels: int = 0
    channels: tuple[int, int, int, int, int] = (256, 128, 64, 32, 16)
    upsampling: str = "nearest"
    norm: normalization.Norm = normalization.Norm()
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        if len(self.channels) != DEEPEST or min(self.channels) < 1:
            raise errors.UserError(f"`channels` is {self.channels}; expected {DEEPEST} positive numbers.")
        if self.center_channels < 0:
            raise errors.UserError(f"`center_channels` is {self.center_channels}; expected 0 or more.")
        if not 0 <= self.finest_skip <= DEEPEST:
            raise errors.UserError(f"`finest_skip` is {self.finest_skip}; expected 0 to {DEEPEST}.")
        registry.check("the kinds of `upsampling`", self.upsampling, UPSAMPLINGS)

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return self.backbone.pretrained


VGG16 = Config(backbone=vgg16.Config(output_stride=32, before_pooling=True), center_channels=512)


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, H, W, C]}."""
    backbone = registry.module_of(config.backbone).build(config.backbone, config.norm)
    features = decoder(backbone.output, backbone.input, config)
    scores = keras.layers.Conv2D(info.num_categories, 3, padding="same", dtype="float32", name="semantic")
    network = keras.Model(backbone.input, {"semantic": scores(features)}, name="unet_with_backbone")
    return model.SemanticModel(info, network, config.loss, backbone=backbone)


def decoder(levels: Mapping[str, tf.Tensor], image: tf.Tensor, config: Config) -> tf.Tensor:
    """The expanding path.

    Args:
      levels: of the backbone, {level: float [B, ceil(H / s), ceil(W / s), C]}; s is 2^level or the output stride,
        whichever is less. "5" must be there.
      image: float [B, H, W, 3], for its size.
      config: see Config.

    Returns:
      Float [B, H, W, config.channels[-1]].
    """
    features = levels[str(DEEPEST)]
    if config.center_channels:
        features = _convolutions(features, 2, config.center_channels, config)
    for level, channels in zip(reversed(range(DEEPEST)), config.channels):
        skip = levels.get(str(level)) if level >= config.finest_skip else None
        count = 2
        # At the levels of a dilated backbone that are of one size there is nothing to enlarge.
        if 2**level < config.backbone.output_stride:
            like = _every_pixel(image, 2**level) if skip is None else skip
            features = _enlarged(features, like, channels, config)
            count = 2 if config.upsampling == "nearest" else 1
        if skip is not None:
            features = keras.layers.Concatenate()([features, skip])
        features = _convolutions(features, count, channels, config)
    return features


def _convolutions(features: tf.Tensor, count: int, channels: int, config: Config) -> tf.Tensor:
    """So many 3x3 convolutions: float [B, h, w, C] -> float [B, h, w, channels]."""
    for _ in range(count):
        features = convolution.block(features, channels, config.norm)
    return features


def _enlarged(features: tf.Tensor, like: tf.Tensor, channels: int, config: Config) -> tf.Tensor:
    """(float [B, ceil(h / 2), ceil(w / 2), C], float [B, h, w, D]) -> float [B, h, w, C or `channels`]."""
    if config.upsampling == "nearest":
        return unpooling.FixedUnpooling("nearest")([features, like])
    # As He et al. want it: of 4x4 weights a pixel sees 2x2. "he_normal" counts all of them, and the outputs.
    initializer = keras.initializers.RandomNormal(stddev=(2 / (4 * features.shape[-1])) ** 0.5)
    transposed = keras.layers.Conv2DTranspose(
        channels, 4, strides=2, padding="same", use_bias=config.norm.use_bias, kernel_initializer=initializer
    )
    features = keras.layers.ReLU()(config.norm.layer()(transposed(features)))
    return mirror_padding.CropLike()([features, like])


def _every_pixel(image: tf.Tensor, stride: int) -> tf.Tensor:
    """The first of `stride` rows and columns each: float [B, H, W, 3] -> float [B, ceil(H / s), ceil(W / s), 3]."""
    return image if stride == 1 else keras.layers.MaxPooling2D(1, strides=stride)(image)
