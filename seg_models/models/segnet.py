"""SegNet and SegNet-Basic (Badrinarayanan et al., PAMI 2017, section 3): decoders that unpool by indices."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import applications, dataset, errors, model, registry
from seg_models import config as settings
from seg_models.layers import (
    caffe_preprocessing,
    convolution,
    local_contrast_normalization,
    max_pooling_with_indices,
    normalization,
    unpooling,
)
from seg_models.losses import cross_entropy

VARIANTS = ("segnet", "basic")
UNPOOLINGS = ("indices", *unpooling.FIXED)
VGG_WIDTH = 64


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are the paper's.

    Attributes:
      variant: "segnet", the 13 convolutions of VGG16 and their mirror image; or "basic", four encoders and four
        decoders of one 7x7 convolution each, those of the decoders without ReLU, on a contrast-normalised image.
      unpooling: "indices" (the values go back to where the maxima stood), "nearest" or "bed_of_nails".
      width: channels at full size. In "segnet" they double with every pooling but the last, in "basic" they stay.
      weights: of the encoder of "segnet": None (random), "imagenet", or the local file that keras.applications
        publishes for VGG16.
      norm: after every convolution but the last.
      loss: Config of seg_models.losses. The paper's class weights are `train.class_weights=median_frequency`.
    """

    variant: str = "segnet"
    unpooling: str = "indices"
    width: int = VGG_WIDTH
    weights: str | None = None
    norm: normalization.Norm = normalization.Norm()
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        registry.check("the kinds of `variant`", self.variant, VARIANTS)
        registry.check("the kinds of `unpooling`", self.unpooling, UNPOOLINGS)
        if self.width < 1:
            raise errors.UserError(f"`width` is {self.width}; expected 1 or more.")
        if self.weights is not None and (self.variant != "segnet" or self.width != VGG_WIDTH):
            raise errors.UserError(
                f"`weights` is {self.weights}; expected none, as VGG16's weights fit only `variant` segnet of `width` "
                f"{VGG_WIDTH}, not {self.variant} of {self.width}."
            )

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return self.weights is not None

    @property
    def stages(self) -> tuple[tuple[int, int], ...]:
        """(convolutions, channels) of each encoder."""
        if self.variant == "basic":
            return ((1, self.width),) * 4
        return tuple((count, self.width * factor) for count, factor in ((2, 1), (2, 2), (3, 4), (3, 8), (3, 8)))


@dataclasses.dataclass(frozen=True)
class Pooled:
    """What a decoder needs of its encoder.

    Attributes:
      features: float [B, H, W, C], before pooling.
      indices: int64 [B, ceil(H / 2), ceil(W / 2), C], where the maxima stood; None where unpooling is fixed.
    """

    features: tf.Tensor
    indices: tf.Tensor | None


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, H, W, C]}."""
    image = keras.Input((None, None, 3), name="image")
    features, pooled = encoder(image, config)
    backbone = keras.Model(image, features, name="encoder")
    if config.weights is not None:
        take_over(applications.create(keras.applications.VGG16, config.weights), backbone)
    semantic = decoder(features, pooled, info.num_categories, config, name="semantic")
    network = keras.Model(image, {"semantic": semantic}, name="segnet")
    return model.SemanticModel(info, network, config.loss, backbone=backbone)


def encoder(image: tf.Tensor, config: Config) -> tuple[tf.Tensor, list[Pooled]]:
    """Float 0..255 [B, H, W, 3] -> float [B, ceil(H / 2^n), ceil(W / 2^n), C] and the n levels, the finest first."""
    features, levels = _prepared(image, config), []
    for stage, (count, channels) in enumerate(config.stages, start=1):
        for place in range(1, count + 1):
            name = f"conv{stage}" if config.variant == "basic" else f"conv{stage}_{place}"
            features = keras.layers.ReLU()(_convolution(features, channels, config, name))
        before, indices = features, None
        if config.unpooling == "indices":
            features, indices = max_pooling_with_indices.MaxPoolingWithIndices(name=f"pool{stage}")(before)
        else:
            features = keras.layers.MaxPooling2D(2, padding="same", name=f"pool{stage}")(before)
        levels.append(Pooled(before, indices))
    return features, levels


def decoder(features: tf.Tensor, levels: list[Pooled], channels: int, config: Config, *, name: str) -> tf.Tensor:
    """The encoder's way back.

    Args:
      features: the encoder's result.
      levels: as the encoder gave them.
      channels: of the scores.
      config: the encoder's.
      name: of the last convolution; the others' names end in it unless it is "semantic".

    Returns:
      Float32 [B, H, W, channels], scores.
    """
    ending = "" if name == "semantic" else f"_{name}"
    for stage in range(len(levels), 0, -1):
        features = _unpooled(features, levels[stage - 1], config)
        if config.variant == "basic":
            features = _convolution(features, config.width, config, f"conv_decode{stage}{ending}")
        else:
            features = _mirrored(features, stage, config, ending)
    if config.variant == "basic":
        return convolution.scores(features, channels, name=name)
    last = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer="he_normal", dtype="float32", name=name)
    return last(features)


def take_over(vgg16: keras.Model, encoder: keras.Model) -> None:
    """Gives the encoder the convolutions of VGG16, by keras.applications; what comes after each starts anew.

    Where normalisation follows, the encoder has no biases and VGG16's are left behind: batch statistics would take them
    out again. Group statistics would not quite, nor can their shift hold them, which acts on features of variance 1.
    """
    for layer in encoder.layers:
        if isinstance(layer, keras.layers.Conv2D):
            twin = vgg16.get_layer(layer.name.replace("conv", "block").replace("_", "_conv"))
            layer.set_weights(twin.get_weights()[: len(layer.weights)])


def _prepared(image: tf.Tensor, config: Config) -> tf.Tensor:
    """Float 0..255 [B, H, W, 3] -> float32 [B, H, W, 3] around 0."""
    if config.variant == "basic":
        return local_contrast_normalization.LocalContrastNormalization()(image)
    return caffe_preprocessing.CaffePreprocessing()(image)


def _mirrored(features: tf.Tensor, stage: int, config: Config, ending: str) -> tf.Tensor:
    """The convolutions of one stage backwards, float [B, H, W, C] -> float [B, H, W, channels of the stage before].

    The first stage's last one is left out: it gives the scores.
    """
    count, channels = config.stages[stage - 1]
    for place in range(count, 0, -1):
        if place == 1 and stage == 1:
            break
        filters = channels if place > 1 else config.stages[stage - 2][1]
        convolved = _convolution(features, filters, config, f"conv{stage}_{place}_D{ending}")
        features = keras.layers.ReLU()(convolved)
    return features


def _unpooled(features: tf.Tensor, level: Pooled, config: Config) -> tf.Tensor:
    """Float [B, ceil(H / 2), ceil(W / 2), C] -> float [B, H, W, C], the size that the level had."""
    if config.unpooling == "indices":
        return unpooling.MaxUnpooling()([features, level.indices, level.features])
    return unpooling.FixedUnpooling(config.unpooling)([features, level.features])


def _convolution(features: tf.Tensor, channels: int, config: Config, name: str) -> tf.Tensor:
    """Convolution and normalisation without ReLU: float [B, H, W, C] -> float [B, H, W, channels]."""
    convolved = keras.layers.Conv2D(
        channels,
        7 if config.variant == "basic" else 3,
        padding="same",
        use_bias=config.norm.use_bias,
        kernel_initializer="he_normal",
        name=name,
    )(features)
    return config.norm.layer(f"{name}_bn")(convolved)


