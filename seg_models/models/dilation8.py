"""Dilation8 (Yu and Koltun, 2016): VGG16 that keeps stride 8 by dilation, and a module that adds context.

What differs from the release: it trains on the labels of every eighth pixel, from the margin on, and at full size by
an option only, where ours are always enlarged, each score in the middle of its 8x8 pixels, at 8 i + 3.5. Its VOC
network has the large module behind scores padded by 33 once, where each of ours is padded by itself, as in the
release's training script. Its mean colour, blue, green, red, is (102.93, 111.36, 116.52), here that of ImageNet,
which matters only to those who take over its weights.
"""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model, registry
from seg_models.layers import caffe_preprocessing, cropping, dilated_context, mirror_padding, normalization, vgg
from seg_models.losses import cross_entropy

STRIDE = 8
MARGIN = 186  # pixels on each side that the convolutions, none of them padded, and poolings take
HOLES = (1, 1, 1, 1, 2)  # the dilation of each block's convolutions, two poolings fewer than VGG16 before them
FC6_HOLES = 4
POOLINGS = 3

CONTEXTS = ("none", *dilated_context.WIDTHS)


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are those of the front end with the basic context module.

    The front end is trained alone first (`context` "none"); the context module is then put behind it, and they are
    trained together. Layers that two such networks have in common have the same names.

    Attributes:
      context: "none": the front end alone; "basic": as many channels as classes all along; "large": up to 32 times as
        many (table 1).
      noise: standard deviation of what is added to the first weights of the large module, which would otherwise be the
        same for many channels; in parts of the largest of them (equation 5).
      score_deviation: standard deviation of the front end's score layer's first weights; the release's.
      vgg16: the network of the front end.
      norm: of the front end's convolutions; the paper has none.
      loss: Config of seg_models.losses.
    """

    context: str = "basic"
    noise: float = 0.01
    score_deviation: float = 0.001
    vgg16: vgg.Vgg16 = vgg.Vgg16()
    norm: normalization.Norm = normalization.Norm("none")
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        registry.check("the kinds of `context`", self.context, CONTEXTS)
        for name in ("noise", "score_deviation"):
            if getattr(self, name) < 0:
                raise errors.UserError(f"`{name}` is {getattr(self, name)}; expected 0 or more.")

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return self.vgg16.pretrained


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, H, W, C]}."""
    image = keras.Input((None, None, 3), name="image")
    features = _front_end(image, config)
    backbone = keras.Model(image, features, name="vgg16")
    vgg.load(backbone, config.vgg16)
    initializer = keras.initializers.RandomNormal(stddev=config.score_deviation)
    final = keras.layers.Conv2D(
        info.num_categories, 1, kernel_initializer=initializer, dtype="float32", name="final"
    )
    scores = final(features)
    if config.context != "none":
        scores = dilated_context.context(scores, config.context, noise=config.noise)
    # A score is in the middle of the 8x8 pixels that it stands for: 8 i + 3.5.
    enlarge = keras.layers.UpSampling2D(STRIDE, interpolation="bilinear", dtype="float32", name="upsample")
    semantic = cropping.Crop(0, name="score")([enlarge(scores), image])
    network = keras.Model(image, {"semantic": semantic}, name="dilation8")
    return model.SemanticModel(info, network, config.loss, backbone=backbone)


def _front_end(image: tf.Tensor, config: Config) -> tf.Tensor:
    """Float 0..255 [B, H, W, 3] -> float [B, ceil(H / 8), ceil(W / 8), config.vgg16.fc_channels]."""
    features = caffe_preprocessing.CaffePreprocessing()(image)
    features = mirror_padding.MirrorPadding(multiple=STRIDE, shortfall=0, margin=MARGIN)(features)
    for number, rate in enumerate(HOLES, start=1):
        features = vgg.block(features, number, config.vgg16, config.norm, padding="valid", rate=rate)
        if number <= POOLINGS:
            features = keras.layers.MaxPooling2D(2, name=f"block{number}_pool")(features)
    return vgg.fully_connected(features, config.vgg16, config.norm, rate=FC6_HOLES)
