"""Semantic FPN (Kirillov et al., 2019, "Panoptic Feature Pyramid Networks", section 3.1): classes from a pyramid."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model, registry
from seg_models.backbones import resnet
from seg_models.layers import convolution, feature_pyramid, normalization, resize_like
from seg_models.losses import cross_entropy

LEVELS = ("2", "3", "4", "5")


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are the paper's.

    Attributes:
      backbone: Config of seg_models.backbones; the paper's are not dilated.
      pyramid_channels: of the feature pyramid.
      channels: of the branch that joins the pyramid's levels.
      branch_norm: of that branch; the pyramid has none.
      norm: of the backbone.
      loss: Config of seg_models.losses.
    """

    backbone: Any = settings.part("seg_models.backbones", default=resnet.Config(output_stride=32))
    pyramid_channels: int = 256
    channels: int = 128
    branch_norm: normalization.Norm = normalization.Norm("group", epsilon=1e-5)
    norm: normalization.Norm = normalization.Norm()
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        if min(self.pyramid_channels, self.channels) < 1:
            raise errors.UserError(
                f"`pyramid_channels` and `channels` must be positive, got {self.pyramid_channels} and {self.channels}."
            )
        if self.branch_norm.kind == "auto":
            raise errors.UserError("`branch_norm.kind` is `auto`, which only `norm` may be; `group` is the paper's.")

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return self.backbone.pretrained


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, ceil(H / 4), ceil(W / 4), C]}."""
    backbone = registry.module_of(config.backbone).build(config.backbone, config.norm)
    levels = {level: backbone.output[level] for level in LEVELS}
    pyramid = feature_pyramid.feature_pyramid(levels, normalization.Norm("none"), channels=config.pyramid_channels)
    features = branch(pyramid, config.branch_norm, channels=config.channels)
    semantic = convolution.scores(features, info.num_categories, name="semantic")
    network = keras.Model(backbone.input, {"semantic": semantic}, name="semantic_fpn")
    return model.SemanticModel(info, network, config.loss, backbone=backbone)


def branch(pyramid: dict[str, tf.Tensor], norm: normalization.Norm, *, channels: int) -> tf.Tensor:
    """The levels "2" to "5", float [B, h, w, D], joined at level 2's size: float [B, H / 4, W / 4, channels].

    A level takes a 3x3 convolution, normalisation, ReLU and bilinear enlargement for each factor of 2 to level 2,
    which itself takes one without enlargement (Figure 3).
    """
    joined = []
    for level in LEVELS:
        features = pyramid[level]
        finer = [name for name in reversed(LEVELS) if name < level]
        for target in finer or [level]:
            features = convolution.block(features, channels, norm)
            if target != level:
                # To the finer level's size rather than times 2, which it is but where that size is odd.
                features = resize_like.ResizeLike()([features, pyramid[target]])
        joined.append(features)
    return keras.layers.Add()(joined)
