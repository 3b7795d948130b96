"""FCN-32s, -16s and -8s (Long et al., 2015; Shelhamer et al., 2017): scores of several strides, added up.

The release subtracts the mean colour (104.007, 116.669, 122.679), blue, green, red; here it is the one that Keras has
for ImageNet, which matters only to those who take over the release's weights.
"""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model, registry
from seg_models.layers import alignment, bilinear_upsampling, caffe_preprocessing, cropping, normalization, vgg
from seg_models.losses import cross_entropy

STRIDES = (32, 16, 8)
PADDING = 100  # pixels; lets an image of any size reach fc6, and covers what fc6 loses at the borders
DEEPEST = 5  # the level whose scores come first


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are those of the published FCN-8s.

    Attributes:
      stride: 32, 16 or 8: of the last scores before they are enlarged to the image. The layers of a larger stride are
        also in the networks of a smaller one, under the same names, so that each can start from the former.
      at_once: whether FCN-8s or -16s is trained at once and not in stages: the poolings that the skips start from are
        scaled by 0.01 and 0.0001 to the range of the deepest ones (Shelhamer et al., section 4.3).
      learnt_upsampling: whether the enlargements between strides are learnt, as in the paper, from bilinear
        interpolation on. They stay fixed in the published networks; the last one does in both.
      score_deviation: standard deviation of the score layers' first weights; the paper starts from 0.
      vgg16: VGG16 with its fully connected layers, the network that is made convolutional.
      backbone: Config of seg_models.backbones, of output stride 32, whose levels 5, 4 and 3 take VGG16's place; None:
        VGG16.
      norm: of the network below the scores; None: "none" for VGG16, which had none, and "auto" for a backbone.
      loss: Config of seg_models.losses.
    """

    stride: int = 8
    at_once: bool = False
    learnt_upsampling: bool = False
    score_deviation: float = 0.0
    vgg16: vgg.Vgg16 = vgg.Vgg16()
    backbone: Any = settings.part("seg_models.backbones", default=None)
    norm: normalization.Norm | None = None
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        if self.stride not in STRIDES:
            raise errors.UserError(f"`stride` is {self.stride}; expected one of 32, 16 and 8.")
        if self.score_deviation < 0:
            raise errors.UserError(f"`score_deviation` is {self.score_deviation}; expected 0 or more.")
        if self.backbone is not None and self.backbone.output_stride != 2**DEEPEST:
            raise errors.UserError(
                f"`backbone.output_stride` is {self.backbone.output_stride}; expected {2**DEEPEST}, for the scores of "
                "the levels 5, 4 and 3 to have different strides."
            )

    @property
    def default_norm(self) -> normalization.Norm:
        """What `norm` None stands for."""
        return normalization.Norm("none" if self.backbone is None else "auto")

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return (self.backbone or self.vgg16).pretrained


@dataclasses.dataclass(frozen=True)
class Map:
    """Features or scores, float [B, h, w, C], and where they lie."""

    values: tf.Tensor
    grid: alignment.Grid


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, H, W, C]}."""
    norm = config.norm or config.default_norm
    backbone, levels = _vgg16(config, norm) if config.backbone is None else _backbone(config, norm)
    scores = _scores(levels[DEEPEST], "score_fr", info, config)
    for level, deeper in ((4, "upscore2"), (3, "upscore_pool4")):
        if config.stride > 2**level:
            break
        skip = _scores(_scaled(levels[level], level, config), f"score_pool{level}", info, config)
        scores = _fused(_enlarged(scores, 2, deeper, config.learnt_upsampling), skip, level)
    scores = _enlarged(scores, config.stride, "upscore" if config.stride == 32 else f"upscore{config.stride}")
    semantic = cropping.Crop(scores.grid.index_of(alignment.Grid()), name="score")([scores.values, backbone.input])
    network = keras.Model(backbone.input, {"semantic": semantic}, name=f"fcn_{config.stride}s")
    return model.SemanticModel(info, network, config.loss, backbone=backbone)


def _vgg16(config: Config, norm: normalization.Norm) -> tuple[keras.Model, dict[int, Map]]:
    """VGG16, and {level: pooled features}; level 5 goes through fc6 and fc7."""
    image = keras.Input((None, None, 3), name="image")
    features = caffe_preprocessing.CaffePreprocessing()(image)
    # The first convolution adds the last of the 100 pixels itself.
    features = keras.layers.ZeroPadding2D(PADDING - 1)(features)
    place = alignment.Grid().convolved(3, padding=PADDING)
    levels = {}
    for level in range(1, DEEPEST + 1):
        features = vgg.block(features, level, config.vgg16, norm)
        # "same" pools what is left over at the bottom and on the right too, as Caffe does.
        features = keras.layers.MaxPooling2D(2, padding="same", name=f"block{level}_pool")(features)
        place = place.convolved(2, strides=2)
        levels[level] = Map(features, place)
    features = vgg.fully_connected(features, config.vgg16, norm)
    levels[DEEPEST] = Map(features, place.convolved(7))
    backbone = keras.Model(image, [levels[level].values for level in (3, 4, 5)], name="vgg16")
    vgg.load(backbone, config.vgg16)
    return backbone, levels


def _backbone(config: Config, norm: normalization.Norm) -> tuple[keras.Model, dict[int, Map]]:
    """The backbone, and {level: features}, each taken to lie in the middle of the pixels that it stands for."""
    backbone = registry.module_of(config.backbone).build(config.backbone, norm)
    middle = {level: alignment.Grid(2**level, (2**level - 1) / 2) for level in (3, 4, 5)}
    return backbone, {level: Map(backbone.output[str(level)], place) for level, place in middle.items()}


def _scores(features: Map, name: str, info: dataset.DatasetInfo, config: Config) -> Map:
    """1x1 convolution to float32 [B, h, w, C], C classes."""
    initializer = keras.initializers.RandomNormal(stddev=config.score_deviation)
    layer = keras.layers.Conv2D(info.num_categories, 1, kernel_initializer=initializer, dtype="float32", name=name)
    return Map(layer(features.values), features.grid)


def _scaled(features: Map, level: int, config: Config) -> Map:
    """A pooling that a skip starts from, in the range of the deepest scores where these do not come first."""
    if not config.at_once:
        return features
    scale = 10.0 ** (-2 * (DEEPEST - level))
    return Map(keras.layers.Rescaling(scale, name=f"scale_pool{level}")(features.values), features.grid)


def _enlarged(scores: Map, factor: int, name: str, learnt: bool = False) -> Map:
    layer = bilinear_upsampling.BilinearUpsampling(factor, learnt=learnt, name=name)
    return Map(layer(scores.values), scores.grid.enlarged(factor))


def _fused(scores: Map, skip: Map, level: int) -> Map:
    """The sum of two maps of one stride, where both are: the one that starts farther out is cropped."""
    index = skip.grid.index_of(scores.grid)
    if index < 0:
        scores, skip, index = skip, scores, -index
    cropped = cropping.Crop(index, name=f"score_pool{level}c")([skip.values, scores.values])
    return Map(keras.layers.Add(dtype="float32", name=f"fuse_pool{level}")([scores.values, cropped]), scores.grid)
