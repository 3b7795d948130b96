"""Panoptic-DeepLab (Cheng et al. 2020): semantic classes, instance centres and offsets to them, bottom-up."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, model, registry
from seg_models.backbones import resnet
from seg_models.layers import aspp, convolution, instance_centers, instance_grouping, normalization, resize_like
from seg_models.losses import cross_entropy, mean_absolute_error, mean_squared_error

SMALL_INSTANCE = 64 * 64  # pixels
STRIDE = 4  # of the outputs


@dataclasses.dataclass(frozen=True)
class Config:
    """The network, its losses and the grouping.

    Attributes:
      backbone: Config of seg_models.backbones.
      pyramid: the ASPP, one for each decoder.
      semantic_channels, instance_channels: of the two decoders, after their ASPP.
      semantic_projections, instance_projections: channels that levels 3 and 2 are reduced to in the decoders.
      head_channels: of the semantic head; the instance heads have an eighth of it.
      separable: 5x5 depthwise-separable convolutions as published, or dense 3x3 ones.
      loss: of the semantic head; the hardest 20 % of the pixels by default.
      center_weight, offset_weight: of the losses beside the semantic one.
      small_instance_weight: of the semantic loss on instances below 64x64 pixels.
      sigma: of the Gaussians around centres, pixels.
      grouping: how centres are found and pixels grouped.
      norm: normalisation.
    """

    backbone: Any = settings.part("seg_models.backbones", default=resnet.Config())
    pyramid: aspp.Aspp = aspp.Aspp()
    semantic_channels: int = 256
    instance_channels: int = 128
    semantic_projections: tuple[int, int] = (64, 32)
    instance_projections: tuple[int, int] = (32, 16)
    head_channels: int = 256
    separable: bool = True
    loss: cross_entropy.Config = cross_entropy.Config(hardest_fraction=0.2)
    center_weight: float = 200.0
    offset_weight: float = 0.01
    small_instance_weight: float = 3.0
    sigma: float = 8.0
    grouping: instance_grouping.Config = instance_grouping.Config()
    norm: normalization.Norm = normalization.Norm()

    @property
    def pretrained(self) -> bool:
        """Whether the backbone comes with weights learnt elsewhere."""
        return self.backbone.pretrained


class PanopticDeepLab(model.SegmentationModel):
    """Outputs "semantic" [B, h, w, C], "center" [B, h, w, 1] and "offset" [B, h, w, 2], all at stride 4.

    Offsets are (y, x) in quarters of their grid's spacing: pixels of the working size where that is a multiple of 4.
    """

    tasks = ("semantic", "panoptic")
    loss_names = ("semantic", "center", "offset")

    def __init__(
        self, config: Config, info: dataset.DatasetInfo, network: keras.Model, backbone: keras.Model | None = None
    ) -> None:
        super().__init__(info, network, backbone=backbone)
        self.config = config

    def loss_terms(self, batch: model.Batch, outputs: model.Outputs) -> dict[str, tf.Tensor]:
        """{"semantic", "center", "offset"}: scalars, at the size of the truth."""
        config = self.config
        size = tf.shape(batch["semantic"])[1:3]
        centers = instance_centers.build(batch, self.info, config.sigma)
        real = batch["weight"][:, None, None]
        small = (centers.area > 0) & (centers.area < SMALL_INSTANCE)
        weight = self.pixel_weights(batch) * tf.where(small, config.small_instance_weight, 1.0)
        logits, heatmap = (model.resize(outputs[name], size) for name in ("semantic", "center"))
        semantic = cross_entropy.loss(config.loss, self.info, batch, logits, weight)
        center = mean_squared_error.loss(
            mean_squared_error.Config(), centers.heatmap, heatmap, centers.is_known * real
        )
        offset = _in_pixels(outputs["offset"], size)
        distance = mean_absolute_error.loss(
            mean_absolute_error.Config(), centers.offset, offset, centers.is_instance * real
        )
        return {
            "semantic": semantic,
            "center": config.center_weight * center,
            "offset": config.offset_weight * distance,
        }

    def maps(self, outputs: model.Outputs, size: tf.Tensor) -> dict[str, tf.Tensor]:
        """{"semantic", "panoptic"}: int32 [B, H, W]."""
        logits, heatmap = (model.resize(outputs[name], size) for name in ("semantic", "center"))
        offset = _in_pixels(outputs["offset"], size)
        return instance_grouping.group(self.config.grouping, self.info, logits, heatmap, offset)


def build(config: Config, info: dataset.DatasetInfo) -> PanopticDeepLab:
    """The model for the categories of `info`.

    Features and outputs are enlarged as if pixels were areas (half-pixel centres), although features of stride s lie on
    every s-th pixel from the first on; the authors' releases align corners, which at sides of s n + 1 pixels is exact.
    """
    backbone = registry.module_of(config.backbone).build(config.backbone, config.norm)
    levels = backbone.output
    semantic = _decoder(config, levels, config.semantic_channels, config.semantic_projections)
    instance = _decoder(config, levels, config.instance_channels, config.instance_projections)
    small = max(8, config.head_channels // 8)
    outputs = {
        "semantic": _head(config, semantic, config.head_channels, info.num_categories, "semantic"),
        "center": _head(config, instance, small, 1, "center"),
        "offset": _head(config, instance, small, 2, "offset"),
    }
    network = keras.Model(backbone.input, outputs, name="panoptic_deeplab")
    return PanopticDeepLab(config, info, network, backbone)


def _in_pixels(offset: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """The output "offset", float [B, h, w, 2], at `size` and in its pixels: float32 [B, H, W, 2]."""
    scale = tf.cast(size, tf.float32) / tf.cast(tf.shape(offset)[1:3] * STRIDE, tf.float32)
    return model.resize(offset, size) * scale


def _decoder(
    config: Config, levels: dict[str, tf.Tensor], channels: int, projections: tuple[int, int]
) -> tf.Tensor:
    """ASPP, then levels 3 and 2 joined in: float [B, h, w, channels] at stride 4."""
    features = aspp.aspp(levels["5"], config.pyramid, config.norm, output_stride=config.backbone.output_stride)
    for level, width in zip(("3", "2"), projections):
        lateral = convolution.block(levels[level], width, config.norm, kernel_size=1)
        features = resize_like.ResizeLike()([features, lateral])
        features = _fuse(config, keras.layers.Concatenate()([features, lateral]), channels)
    return features


def _fuse(config: Config, features: tf.Tensor, channels: int) -> tf.Tensor:
    """The convolution of decoders and heads: float [B, h, w, C] -> float [B, h, w, channels]."""
    if config.separable:
        return convolution.separable(features, channels, config.norm, kernel_size=5)
    return convolution.block(features, channels, config.norm)


def _head(config: Config, features: tf.Tensor, channels: int, outputs: int, name: str) -> tf.Tensor:
    """Float [B, h, w, C] -> float32 [B, h, w, outputs]."""
    return convolution.scores(_fuse(config, features, channels), outputs, name=name)
