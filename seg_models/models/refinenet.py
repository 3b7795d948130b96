"""RefineNet (Lin et al., CVPR 2017, section 3): four blocks, each refining coarser features by a backbone level."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model, registry
from seg_models.backbones import resnet
from seg_models.layers import dropout, normalization, resize_like
from seg_models.losses import cross_entropy

LEVELS = ("5", "4", "3", "2")
ADAPTING_UNITS = 2  # residual convolution units on every path into a block
OUTPUT_UNITS = 3  # after the last block: its own and two more before the classifier (section 3.2)
DEEP = 512  # backbone features of more channels are dropped out


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are the paper's 4-cascaded RefineNet.

    Attributes:
      backbone: Config of seg_models.backbones.
      widths: channels of the blocks, that of level 5 first.
      pools: poolings in the chain of each block: 2 in the paper, 4 in the models that its authors released.
      pool_size: side of their windows, pixels.
      deviation: of the first weights, as released; there is no normalisation to keep larger ones from growing from sum
        to sum.
      dropout: before the classifier, and of the backbone's features of more than 512 channels.
      norm: of the backbone. The blocks have none, as in the paper.
      loss: Config of seg_models.losses.
    """

    backbone: Any = settings.part("seg_models.backbones", default=resnet.Config(depth=101, output_stride=32))
    widths: tuple[int, int, int, int] = (512, 256, 256, 256)
    pools: int = 2
    pool_size: int = 5
    deviation: float = 0.01
    dropout: float = 0.5
    norm: normalization.Norm = normalization.Norm()
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        if min(*self.widths, self.pool_size) < 1 or self.pools < 0 or self.deviation <= 0 or not 0 <= self.dropout < 1:
            raise errors.UserError(
                f"`widths` is {self.widths}, `pools` {self.pools}, `pool_size` {self.pool_size}, `deviation` "
                f"{self.deviation}, `dropout` {self.dropout}; expected positive numbers, `pools` from 0 on and "
                "0 <= dropout < 1."
            )

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return self.backbone.pretrained


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, ceil(H / 4), ceil(W / 4), C]}."""
    backbone = registry.module_of(config.backbone).build(config.backbone, config.norm)
    semantic = scores(backbone.output, info.num_categories, config)
    network = keras.Model(backbone.input, {"semantic": semantic}, name="refinenet")
    return model.SemanticModel(info, network, config.loss, backbone=backbone)


def scores(levels: dict[str, tf.Tensor], channels: int, config: Config) -> tf.Tensor:
    """The four blocks and the classifier: levels "5" to "2" of a backbone -> float32 [B, h, w, channels], as level 2.

    The blocks' layers are named as in the release: the adapting ones "adapt_stage", those after the fusion
    "mflow_conv_g", and the stage of level 5 is 1.
    """
    blocks, refined = _Blocks(config), None
    for stage, (level, width) in enumerate(zip(LEVELS, config.widths), start=1):
        refined = blocks.block(stage, levels[level], refined, width)
    features = blocks.units(refined, OUTPUT_UNITS - 1, f"mflow_conv_g{len(LEVELS)}", first=2)
    features = dropout.Dropout(config.dropout)(features)
    classifier = keras.layers.Conv2D(
        channels, 3, padding="same", kernel_initializer=blocks.initializer(), dtype="float32", name="semantic"
    )
    return classifier(features)


class _Blocks:
    """The parts of the blocks (figure 2, b to e)."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def block(self, stage: int, level: tf.Tensor, below: tf.Tensor | None, width: int) -> tf.Tensor:
        """One RefineNet block.

        Args:
          stage: 1 for level 5, to 4 for level 2.
          level: of the backbone, float [B, H, W, C].
          below: the result of the block before this one, float [B, h, w, D]; the first block has none.
          width: of this block.

        Returns:
          Float [B, H, W, width], or of D channels where these are fewer.
        """
        if level.shape[-1] > DEEP:
            level = dropout.Dropout(self.config.dropout)(level)
        adapted = self.convolution(level, width, f"p_ims1d2_outl{stage}_dimred")
        adapted = self.units(adapted, ADAPTING_UNITS, f"adapt_stage{stage}")
        if below is not None:
            below = self.units(below, ADAPTING_UNITS, f"mflow_conv_g{stage - 1}", first=2)
            adapted = self.fused(stage, adapted, below)
        pooled = self.chained_pooling(adapted, f"mflow_conv_g{stage}")
        return self.units(pooled, 1, f"mflow_conv_g{stage}")

    def fused(self, stage: int, level: tf.Tensor, below: tf.Tensor) -> tf.Tensor:
        """Multi-resolution fusion: (float [B, H, W, C], float [B, h, w, D]) -> float [B, H, W, min(C, D)]."""
        width = min(level.shape[-1], below.shape[-1])
        level = self.convolution(level, width, f"adapt_stage{stage}_b{ADAPTING_UNITS}_joint_varout_dimred")
        below = self.convolution(below, width, f"mflow_conv_g{stage - 1}_b{ADAPTING_UNITS + 1}_joint_varout_dimred")
        return keras.layers.Add()([level, resize_like.ResizeLike()([below, level])])

    def chained_pooling(self, features: tf.Tensor, name: str) -> tf.Tensor:
        """Float [B, H, W, C] -> the same shape; each pooling of the chain goes on where the last one ended."""
        total = link = keras.layers.ReLU()(features)
        for index in range(1, self.config.pools + 1):
            link = keras.layers.MaxPooling2D(self.config.pool_size, strides=1, padding="same")(link)
            link = self.convolution(link, features.shape[-1], f"{name}_pool{index}_outvar_dimred")
            total = keras.layers.Add()([total, link])
        return total

    def units(self, features: tf.Tensor, count: int, name: str, *, first: int = 1) -> tf.Tensor:
        """Residual convolution units: float [B, H, W, C] -> the same shape; `first` counts on in their names."""
        width = features.shape[-1]
        for index in range(first, first + count):
            convolved = keras.layers.ReLU()(features)
            convolved = self.convolution(convolved, width, f"{name}_b{index}_conv", use_bias=True)
            convolved = keras.layers.ReLU()(convolved)
            convolved = self.convolution(convolved, width, f"{name}_b{index}_conv_relu_varout_dimred")
            features = keras.layers.Add()([features, convolved])
        return features

    def convolution(self, features: tf.Tensor, width: int, name: str, *, use_bias: bool = False) -> tf.Tensor:
        """A 3x3 convolution alone: float [B, H, W, C] -> float [B, H, W, width]."""
        return keras.layers.Conv2D(
            width, 3, padding="same", use_bias=use_bias, kernel_initializer=self.initializer(), name=name
        )(features)

    def initializer(self) -> keras.initializers.Initializer:
        """A new one each time, for two layers with the same one would start with the same weights."""
        return keras.initializers.RandomNormal(stddev=self.config.deviation)
