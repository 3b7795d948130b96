"""The rows: every model at a width that a processor can train, and the peers."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras

from seg_models import dataset, model, registry
from seg_models.backbones import residual
from seg_models.layers import aspp, normalization, vgg
from seg_models.losses import cross_entropy
from seg_models.models import (
    cascade,
    deeplab_v1,
    deeplab_v2,
    deeplab_v3,
    deeplab_v3_plus,
    dilation8,
    fcn,
    patch_classifier,
    pspnet,
    refinenet,
    segformer,
    segnet,
    semantic_fpn,
    unet,
    unet_with_backbone,
)
from tests.benchmarks.camvid import peers

# For all, peers included: the default looks back over more steps than there are.
MOMENTUM = 0.95
NORM = normalization.Norm("batch", momentum=MOMENTUM)
VGG16 = vgg.Vgg16(width=16, fc_channels=256)
OBJECTS = ("pole", "sign", "car", "pedestrian", "bicyclist")
SMALL = (48, 96, 192, 256)
PYRAMID = aspp.Aspp(channels=128, rates=(2, 4, 6))


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
      title: what people read.
      build: the model for a data set's classes.
      learning_rate: at its peak.
      is_peer: whether it needs the peers' environment.
    """

    title: str
    build: Callable[[dataset.DatasetInfo], model.SegmentationModel]
    learning_rate: float = 2e-3
    is_peer: bool = False


def _ours(title: str, config: Any, learning_rate: float = 2e-3) -> Row:
    config = dataclasses.replace(config, norm=NORM)
    return Row(title, lambda info: registry.module_of(config).build(config, info), learning_rate)


def _peer(title: str, build: Callable[[int], keras.Model]) -> Row:
    def wrapped(info: dataset.DatasetInfo) -> model.SegmentationModel:
        network = build(info.num_categories)
        peers.set_momentum(network, MOMENTUM)
        return model.SemanticModel(info, network, cross_entropy.Config())

    return Row(title, wrapped, is_peer=True)


def _resnet18(output_stride: int) -> residual.Config:
    """The size of the peers' ResNet-18."""
    return residual.Config(output_stride=output_stride, stem=64, widths=(64, 128, 256, 512))


def _small(output_stride: int) -> residual.Config:
    """The backbone of the networks that have one."""
    return residual.Config(output_stride=output_stride, stem=32, widths=SMALL)


ROWS = {
    "unet_with_backbone": _ours("U-Net, ResNet-18", unet_with_backbone.Config(_resnet18(32))),
    "sm_unet": _peer("*Peer* segmentation-models U-Net, ResNet-18", peers.segmentation_models_unet),
    "deeplab_v3_plus": _ours(
        "DeepLabV3+, small ResNet", deeplab_v3_plus.Config(_small(16), PYRAMID, decoder_channels=96)
    ),
    "keras_cv_deeplab_v3_plus": _peer(
        # Its stem has 64 channels, and its first block as many as the stem.
        "*Peer* keras-cv DeepLabV3+, small ResNet",
        lambda classes: peers.keras_cv_deeplab(classes, (64, *SMALL[1:]), PYRAMID.channels, PYRAMID.rates),
    ),
    "pspnet": _ours(
        "PSPNet, small ResNet",
        # At stride 8 the deep levels cost sixteen times what they cost at 32.
        pspnet.Config(residual.Config(8, 32, (48, 96, 128, 160)), channels=128, auxiliary_channels=64),
    ),
    "sm_pspnet": _peer("*Peer* segmentation-models PSPNet, ResNet-18", peers.segmentation_models_pspnet),
    "unet": _ours("U-Net, width 16", unet.Config(width=16, dropout=0.2)),
    "segnet": _ours("SegNet, width 16", segnet.Config(width=16)),
    "fcn_8s": _ours("FCN-8s, VGG16 of width 16", fcn.Config(stride=8, vgg16=VGG16, score_deviation=0.01)),
    "segnet_basic": _ours("SegNet-Basic, width 32", segnet.Config(variant="basic", width=32)),
    "deeplab_v1": _ours("DeepLab-LargeFOV, VGG16 of width 16", deeplab_v1.Config(vgg16=VGG16)),
    "deeplab_v2": _ours(
        "DeepLab v2, small ResNet, three scales", deeplab_v2.Config(backbone=_small(8), rates=(2, 4, 6, 8))
    ),
    "dilation8": _ours("Dilation8, VGG16 of width 16", dilation8.Config(vgg16=VGG16)),
    "cascade_dilated": _ours(
        "Cascade-DilatedNet, VGG16 of width 16", cascade.Config(objects=OBJECTS, vgg16=VGG16)
    ),
    "patch_classifier": _ours(
        "Patch classifier, 65x65", patch_classifier.Config(patch=65, kernels=(4, 4, 5), channels=32, stride=4)
    ),
    "deeplab_v3": _ours("DeepLabV3, small ResNet", deeplab_v3.Config(_small(16), PYRAMID)),
    "semantic_fpn": _ours(
        "Semantic FPN, small ResNet", semantic_fpn.Config(_small(32), pyramid_channels=96, channels=64)
    ),
    "refinenet": _ours(
        # Without normalisation in its blocks it does not bear the others' learning rate.
        "RefineNet, small ResNet",
        refinenet.Config(_small(32), widths=(96, 64, 64, 64), deviation=0.05),
        learning_rate=5e-4,
    ),
    "segformer": _ours("SegFormer-B0", segformer.Config(), 5e-4),
    "cascade_segnet": _ours(
        "Cascade-SegNet, VGG16 of width 16", cascade.Config(base="segnet", objects=OBJECTS, vgg16=VGG16)
    ),
    "fcn_32s": _ours("FCN-32s, VGG16 of width 16", fcn.Config(stride=32, vgg16=VGG16, score_deviation=0.01)),
}
