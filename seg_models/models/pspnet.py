"""PSPNet, the pyramid scene parsing network (Zhao et al., 2017)."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model, registry
from seg_models.backbones import resnet
from seg_models.layers import convolution, dropout, normalization, pyramid_pooling
from seg_models.losses import cross_entropy


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are the paper's (section 3.3 and 4.1).

    Attributes:
      backbone: Config of seg_models.backbones; the paper's have output stride 8 and three 3x3 convolutions first.
      bins: of the pyramid, on each side; each level gets an equal part of as many channels as the backbone has.
      channels: of the 3x3 convolution after the pyramid.
      auxiliary_channels: of the 3x3 convolution that judges level 4 in training.
      auxiliary_weight: of that head's loss; 0: no such head.
      dropout: before both heads' scores.
      norm: of every layer, the backbone's too.
      loss: Config of seg_models.losses, of both heads.
    """

    backbone: Any = settings.part("seg_models.backbones", default=resnet.Config(output_stride=8, stem="deep"))
    bins: tuple[int, ...] = pyramid_pooling.BINS
    channels: int = 512
    auxiliary_channels: int = 256
    auxiliary_weight: float = 0.4
    dropout: float = 0.1
    norm: normalization.Norm = normalization.Norm()
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        if not self.bins or min(self.bins) < 1:
            raise errors.UserError(f"`bins` is {self.bins}; expected one or more positive numbers.")
        if self.auxiliary_weight < 0:
            raise errors.UserError(f"`auxiliary_weight` is {self.auxiliary_weight}; expected 0 or more.")

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return self.backbone.pretrained


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs "semantic" and "auxiliary", float32 [B, ceil(H / s), ceil(W / s), C].

    s is the backbone's output stride for the first and 16, if that is less, for the second. Everywhere pixels are
    areas: the pyramid's bins are enlarged around their centres, where the authors' release aligns corners.
    """
    backbone = registry.module_of(config.backbone).build(config.backbone, config.norm)
    levels = backbone.output
    channels = max(1, levels["5"].shape[-1] // len(config.bins))
    context = pyramid_pooling.pyramid_pooling(levels["5"], config.norm, channels=channels, bins=config.bins)
    outputs = {"semantic": _head(context, config.channels, config, info, "semantic")}
    auxiliary = {}
    if config.auxiliary_weight:
        outputs["auxiliary"] = _head(levels["4"], config.auxiliary_channels, config, info, "auxiliary")
        auxiliary = {"auxiliary": config.auxiliary_weight}
    network = keras.Model(backbone.input, outputs, name="pspnet")
    return model.SemanticModel(info, network, config.loss, auxiliary=auxiliary, backbone=backbone)


def _head(features: tf.Tensor, channels: int, config: Config, info: dataset.DatasetInfo, name: str) -> tf.Tensor:
    """Float [B, h, w, D] -> float32 [B, h, w, C]."""
    features = dropout.Dropout(config.dropout)(convolution.block(features, channels, config.norm))
    return convolution.scores(features, info.num_categories, name=name)
