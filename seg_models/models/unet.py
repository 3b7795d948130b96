"""U-Net (Ronneberger et al., 2015, arXiv:1505.04597), and the blocks and skips that its successors put into it."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model, registry
from seg_models.layers import convolution, dropout, mirror_padding, normalization
from seg_models.losses import cross_entropy

PADDINGS = ("same", "valid")
UPSAMPLINGS = ("up_convolution", "bilinear")
BLOCKS = ("plain", "residual", "dense")
SKIPS = ("concat", "sum")


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are the paper's, but for normalisation and padding, which it predates and lacks.

    `Config(padding="valid", norm=Norm("none"))` is the paper's network to the last weight. A ReLU follows each
    up-convolution, as in the published network definition; the paper names it after the 3x3 convolutions alone.

    Attributes:
      depth: poolings, and so many ups again.
      width: channels at full size; they double with every pooling.
      padding: of the 3x3 convolutions. "valid", the paper's, loses a border at each; the image is mirrored around
        its edges so that the output still covers all of it.
      upsampling: "up_convolution" (transposed, 2x2) or "bilinear" (then a 1x1 convolution).
      block: the two convolutions of a level: "plain"; "residual", with a shortcut around them (He et al., 2015,
        arXiv:1512.03385; 1x1 where the channels change); "dense", the second sees the block's input beside the first's
        output (Huang et al., 2016, arXiv:1608.06993).
      skip: how the features of the contracting path join those from below: "concat" or "sum".
      dropout: at the end of the contracting path: of its last two levels, as in the published network definition,
        where what the paper says leaves the number open.
      norm: after every 3x3 convolution; with "none" the convolutions have biases.
      loss: Config of seg_models.losses.
    """

    depth: int = 4
    width: int = 64
    padding: str = "same"
    upsampling: str = "up_convolution"
    block: str = "plain"
    skip: str = "concat"
    dropout: float = 0.5
    norm: normalization.Norm = normalization.Norm()
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        if self.depth < 1 or self.width < 1:
            raise errors.UserError(f"`depth` and `width` must be positive, got {self.depth} and {self.width}.")
        for name, value, known in (
            ("the kinds of `padding`", self.padding, PADDINGS),
            ("the kinds of `upsampling`", self.upsampling, UPSAMPLINGS),
            ("the kinds of `block`", self.block, BLOCKS),
            ("the kinds of `skip`", self.skip, SKIPS),
        ):
            registry.check(name, value, known)

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return False


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, H, W, C]}."""
    image = keras.Input((None, None, 3), name="image")
    features = keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32")(image)
    features = padding_layer(config)(features)
    skips = []
    for level in range(config.depth):
        features = _block(features, level, config)
        if level == config.depth - 1:
            features = dropout.Dropout(config.dropout)(features)
        skips.append(features)
        features = keras.layers.MaxPooling2D(2)(features)
    features = _block(features, config.depth, config)
    features = dropout.Dropout(config.dropout)(features)
    for level in reversed(range(config.depth)):
        join = keras.layers.Concatenate() if config.skip == "concat" else keras.layers.Add()
        features = join([_cropped(skips[level], level, config), _up(features, level, config)])
        features = _block(features, level, config)
    features = mirror_padding.CropLike()([features, image])
    semantic = convolution.scores(features, info.num_categories, name="semantic")
    return model.SemanticModel(info, keras.Model(image, {"semantic": semantic}, name="unet"), config.loss)


def padding_layer(config: Config) -> mirror_padding.MirrorPadding:
    """What makes any image fit: 388 pixels need 572 when depth is 4 and padding "valid"."""
    multiple = 2**config.depth
    if config.padding == "same":
        return mirror_padding.MirrorPadding(multiple=multiple, shortfall=0, margin=0)
    # Each pair of convolutions takes 4 pixels. On the way up those of level n weigh 2^n, n < depth; on the way down
    # the same again and the lowest pair's 4 * 2^depth. `margin` is half of the sum.
    shortfall = 4 * (multiple - 1)
    return mirror_padding.MirrorPadding(multiple=multiple, shortfall=shortfall, margin=shortfall + 2 * multiple)


def _block(features: tf.Tensor, level: int, config: Config) -> tf.Tensor:
    """Two 3x3 convolutions: float [B, h, w, C] -> float [B, h', w', width * 2^level]."""
    channels = config.width * 2**level
    first = keras.layers.ReLU()(_convolution(features, channels, 3, config))
    if config.block == "dense":
        first = keras.layers.Concatenate()([_inner(features, 1, config), first])
    second = _convolution(first, channels, 3, config)
    if config.block == "residual":
        shortcut = _inner(features, 2, config)
        if shortcut.shape[-1] != channels:
            shortcut = _convolution(shortcut, channels, 1, config)
        second = keras.layers.Add()([shortcut, second])
    return keras.layers.ReLU()(second)


def _convolution(features: tf.Tensor, channels: int, kernel_size: int, config: Config) -> tf.Tensor:
    """Convolution and normalisation: float [B, h, w, C] -> float [B, h', w', channels]."""
    convolved = keras.layers.Conv2D(
        channels,
        kernel_size,
        padding=config.padding,
        use_bias=config.norm.use_bias,
        kernel_initializer="he_normal",
    )(features)
    return config.norm.layer()(convolved)


def _inner(features: tf.Tensor, convolutions: int, config: Config) -> tf.Tensor:
    """The part of float [B, h, w, C] that so many 3x3 convolutions leave."""
    return features if config.padding == "same" else keras.layers.Cropping2D(convolutions)(features)


def _up(features: tf.Tensor, level: int, config: Config) -> tf.Tensor:
    """Float [B, h, w, C] -> float [B, 2 h, 2 w, width * 2^level]."""
    channels = config.width * 2**level
    if config.upsampling == "bilinear":
        features = keras.layers.UpSampling2D(2, interpolation="bilinear")(features)
        enlarged = keras.layers.Conv2D(channels, 1, kernel_initializer="he_normal")(features)
    else:
        # As He et al. want it; "he_normal" takes the outputs and all four weights, of which a pixel sees one, as fan.
        initializer = keras.initializers.RandomNormal(stddev=(2 / features.shape[-1]) ** 0.5)
        enlarged = keras.layers.Conv2DTranspose(channels, 2, strides=2, kernel_initializer=initializer)(features)
    return keras.layers.ReLU()(enlarged)


def _cropped(skip: tf.Tensor, level: int, config: Config) -> tf.Tensor:
    """The middle of float [B, h, w, C] that the features from below still cover."""
    if config.padding == "same":
        return skip
    # From this level's pooling to the up-convolution back, 2^(depth - level) pixels a side weigh 6, less this pair's 8.
    return keras.layers.Cropping2D(6 * 2 ** (config.depth - level) - 8)(skip)
