"""DeepLabV3+ (Chen et al., 2018): atrous spatial pyramid pooling and a decoder that sharpens it at stride 4."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, model, registry
from seg_models.backbones import mobilenet_v2, resnet, xception65
from seg_models.layers import aspp, convolution, normalization, resize_like
from seg_models.losses import cross_entropy

LOW_LEVEL = "2"
HIGH_LEVEL = "5"


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture: the paper's decoder, by default over a small backbone; RESNET_101, XCEPTION_65 are the paper's.

    MobileNetV2 is published without this decoder: see deeplab_v3.

    Attributes:
      backbone: Config of seg_models.backbones; its `output_stride` sets the pyramid's reach.
      pyramid: the ASPP.
      low_level_channels: that the features of stride 4 are reduced to, lest they outweigh the pyramid's.
      decoder_channels: of the decoder's two 3x3 convolutions.
      separable: whether those two are depthwise-separable.
      norm: of every layer, the backbone's too.
      loss: Config of seg_models.losses.
    """

    backbone: Any = settings.part("seg_models.backbones", default=mobilenet_v2.Config())
    pyramid: aspp.Aspp = aspp.Aspp()
    low_level_channels: int = 48
    decoder_channels: int = 256
    separable: bool = False
    norm: normalization.Norm = normalization.Norm()
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return self.backbone.pretrained


RESNET_101 = Config(backbone=resnet.Config(depth=101, multi_grid=(1, 2, 4)))
# Section 4.3: separable convolutions throughout, and no multi-grid.
XCEPTION_65 = Config(backbone=xception65.Config(), pyramid=aspp.Aspp(separable=True), separable=True)


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, ceil(H / 4), ceil(W / 4), C]}.

    The pyramid's features and the scores are enlarged as if pixels were areas (half-pixel centres), although features
    of stride s lie on every s-th pixel from the first on; the authors' release aligns corners, which at sides of
    s n + 1 pixels is exact.
    """
    backbone = registry.module_of(config.backbone).build(config.backbone, config.norm)
    levels = backbone.output
    context = aspp.aspp(levels[HIGH_LEVEL], config.pyramid, config.norm, output_stride=config.backbone.output_stride)
    features = _decoder(context, levels[LOW_LEVEL], config)
    semantic = convolution.scores(features, info.num_categories, name="semantic")
    network = keras.Model(backbone.input, {"semantic": semantic}, name="deeplab_v3_plus")
    return model.SemanticModel(info, network, config.loss, backbone=backbone)


def _decoder(context: tf.Tensor, low_level: tf.Tensor, config: Config) -> tf.Tensor:
    """(float [B, h, w, C], float [B, H / 4, W / 4, D]) -> float [B, H / 4, W / 4, config.decoder_channels]."""
    low_level = convolution.block(low_level, config.low_level_channels, config.norm, kernel_size=1)
    context = resize_like.ResizeLike()([context, low_level])
    features = keras.layers.Concatenate()([context, low_level])
    three_by_three = convolution.separable if config.separable else convolution.block
    for _ in range(2):
        features = three_by_three(features, config.decoder_channels, config.norm)
    return features
