"""SegFormer (Xie et al., 2021, arXiv:2105.15203): a hierarchical transformer and a decoder of linear layers alone."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model, registry
from seg_models.backbones import mix_transformer
from seg_models.layers import channel_dropout, convolution, normalization, resize_like
from seg_models.losses import cross_entropy

LEVELS = ("2", "3", "4", "5")


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are SegFormer-B0's, the constants B0 to B5 are the published ones.

    Attributes:
      backbone: Config of seg_models.backbones; every level from 2 to 5 is used.
      channels: of the decoder.
      dropout: of whole channels before the scores, as in the authors' release.
      norm: of the decoder, and of a backbone that is no transformer.
      loss: Config of seg_models.losses.
    """

    backbone: Any = settings.part("seg_models.backbones", default=mix_transformer.B0)
    channels: int = 256
    dropout: float = 0.1
    norm: normalization.Norm = normalization.Norm()
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        if self.channels < 1:
            raise errors.UserError(f"`channels` must be positive, got {self.channels}.")

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return self.backbone.pretrained


B0 = Config()
B1 = Config(backbone=mix_transformer.B1)
B2 = Config(backbone=mix_transformer.B2, channels=768)
B3 = Config(backbone=mix_transformer.B3, channels=768)
B4 = Config(backbone=mix_transformer.B4, channels=768)
B5 = Config(backbone=mix_transformer.B5, channels=768)


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, ceil(H / 4), ceil(W / 4), C]}."""
    backbone = registry.module_of(config.backbone).build(config.backbone, config.norm)
    features = _decoder([backbone.output[level] for level in LEVELS], config.channels, config.norm)
    features = channel_dropout.ChannelDropout(config.dropout)(features)
    semantic = convolution.scores(features, info.num_categories, name="semantic")
    network = keras.Model(backbone.input, {"semantic": semantic}, name="segformer")
    return model.SemanticModel(info, network, config.loss, backbone=backbone)


def _decoder(levels: list[tf.Tensor], channels: int, norm: normalization.Norm) -> tf.Tensor:
    """Equation 4 but for the scores: four of float [B, h, w, D], finest first -> float [B, H / 4, W / 4, channels].

    The paper enlarges every level, joins them and fuses the 4 * channels. Enlarging mixes pixels and fusing mixes
    channels, so their order is free: here each level goes through its quarter of the fusing matrix at its own size,
    and the sum is the same at a third of the cost.
    """
    fused = []
    for index, features in enumerate(levels, start=1):
        embedded = keras.layers.Dense(channels, name=f"linear_c{index}")(features)
        part = keras.layers.Dense(
            channels,
            use_bias=norm.use_bias and index == 1,
            kernel_initializer=keras.initializers.VarianceScaling(2 / len(levels)),
            name=f"linear_fuse{index}",
        )(embedded)
        fused.append(part if index == 1 else resize_like.ResizeLike()([part, fused[0]]))
    return keras.layers.ReLU()(norm.layer("linear_fuse_norm")(keras.layers.Add()(fused)))
