"""DeepLab v2 (Chen et al., 2018): scores of several fields of view (ASPP) and of several sizes of the image.

It is trained on scores of stride 8 and the truth at every eighth pixel, like DeepLab v1.
"""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model, registry
from seg_models.backbones import resnet
from seg_models.layers import atrous_convolution, convolution, corner_resize, normalization, vgg
from seg_models.losses import cross_entropy
from seg_models.models import deeplab_v1

STRIDE = 8
LEVEL = "5"


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are those of the published ResNet-101.

    Attributes:
      backbone: Config of seg_models.backbones, of output stride 8, scored by one 3x3 convolution a rate; None: VGG16,
        with a pair fc6 and fc7 and a 1x1 convolution a rate.
      vgg16: the network where there is no backbone; weights of the whole fc6 and fc7 are thinned out to fit.
      rates: of the parallel branches, whose scores are added up: (6, 12, 18, 24) is ASPP-L, (2, 4, 8, 12) ASPP-S.
      scales: of the image; the largest of their scores counts, in training and afterwards. Beside it the scores of
        each scale are learnt from too. The published VGG16 has (1.0,).
      norm: of every layer but the scores; "none" in the published VGG16.
      loss: Config of seg_models.losses.
    """

    backbone: Any = settings.part("seg_models.backbones", default=resnet.Config(output_stride=STRIDE, depth=101))
    vgg16: vgg.Vgg16 = vgg.Vgg16(fc_channels=1024)
    rates: tuple[int, ...] = (6, 12, 18, 24)
    scales: tuple[float, ...] = (0.5, 0.75, 1.0)
    norm: normalization.Norm = normalization.Norm()
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        if self.backbone is not None and self.backbone.output_stride != STRIDE:
            raise errors.UserError(f"`backbone.output_stride` is {self.backbone.output_stride}; expected {STRIDE}.")
        for name, values in (("rates", self.rates), ("scales", self.scales)):
            if not values or min(values) <= 0 or len(set(values)) < len(values):
                raise errors.UserError(f"`{name}` is {values}; expected positive numbers, each of them once.")

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return (self.backbone or self.vgg16).pretrained


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, H, W, C]}; in training [B, ceil(H / 8), ...].

    With several scales each has its scores beside it: "scale_50", float32 [B, H, W, C], for 0.5.
    """
    backbone, scorer = _scorer(config, info)
    upsampling = corner_resize.CornerUpsampling(STRIDE)
    if config.scales == (1.0,):
        semantic = upsampling([scorer.output, scorer.input])
        network = keras.Model(scorer.input, {"semantic": semantic}, name="deeplab_v2")
        return deeplab_v1.DeepLab(info, network, config.loss, backbone=backbone)
    image = keras.Input((None, None, 3), name="image")
    scores = {}
    for scale in config.scales:
        resized = corner_resize.CornerResize(scale)(image)
        scores[f"scale_{scale * 100:g}"] = upsampling([scorer(resized), resized, image])
    # A layer of its own, so that the output is not called after one of the scales.
    semantic = keras.layers.Maximum(dtype="float32", name="semantic")(list(scores.values()))
    network = keras.Model(image, {"semantic": semantic, **scores}, name="deeplab_v2")
    return deeplab_v1.DeepLab(info, network, config.loss, auxiliary=dict.fromkeys(scores, 1.0), backbone=backbone)


def _scorer(config: Config, info: dataset.DatasetInfo) -> tuple[keras.Model, keras.Model]:
    """The backbone, and the network for one scale: float 0..255 [B, H, W, 3] -> float32 [B, h, w, C]."""
    if config.backbone is None:
        backbone, branches = _vgg16(config, info)
    else:
        backbone = registry.module_of(config.backbone).build(config.backbone, config.norm)
        branches = _classifiers(backbone.output[LEVEL], config, info)
    summed = branches[0] if len(branches) == 1 else keras.layers.Add(dtype="float32")(branches)
    return backbone, keras.Model(backbone.input, summed, name="scorer")


def _classifiers(features: tf.Tensor, config: Config, info: dataset.DatasetInfo) -> list[tf.Tensor]:
    """A 3x3 convolution a rate, float [B, h, w, D] -> float32 [B, h, w, C] each."""
    return [
        atrous_convolution.AtrousConv2D(
            info.num_categories,
            3,
            padding="same",
            dilation_rate=rate,
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            dtype="float32",
            name=f"fc1_c{index}",
        )(features)
        for index, rate in enumerate(config.rates)
    ]


def _vgg16(config: Config, info: dataset.DatasetInfo) -> tuple[keras.Model, list[tf.Tensor]]:
    """VGG16 with its pairs fc6 and fc7, and the scores from each of them, float32 [B, h, w, C]."""
    image = keras.Input((None, None, 3), name="image")
    features = deeplab_v1.trunk(image, config.vgg16, config.norm)
    fields = [
        vgg.fully_connected(
            features, config.vgg16, config.norm, kernel_size=3, padding="same", rate=rate, suffix=f"_{index}"
        )
        for index, rate in enumerate(config.rates, start=1)
    ]
    backbone = keras.Model(image, fields, name="vgg16")
    vgg.load(backbone, config.vgg16)
    scored = enumerate(fields, start=1)
    return backbone, [convolution.scores(field, info.num_categories, f"fc8_{index}") for index, field in scored]
