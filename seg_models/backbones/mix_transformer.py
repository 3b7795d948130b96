"""Mix Transformer, MiT-B0 to MiT-B5 (SegFormer, Xie et al., 2021, arXiv:2105.15203, section 3.1 and table 6)."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from seg_models import errors
from seg_models.layers import drop_path, efficient_attention, normalization

OUTPUT_STRIDE = 32
EXPANSION = 4  # of the channels inside Mix-FFN
EPSILON = 1e-6  # of the blocks' normalisation
EMBEDDING_EPSILON = 1e-5  # of the one after a patch embedding, in the authors' release
MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet: red, green, blue


@dataclasses.dataclass(frozen=True)
class Config:
    """Which Mix Transformer; the defaults are MiT-B0's, the constants B0 to B5 are the published ones.

    Attributes:
      output_stride: 32: attention has no strides to give up.
      widths: channels at levels 2, 3, 4 and 5.
      depths: blocks at these levels.
      heads: of their attention.
      reductions: side of the patches that their attention makes one key of.
      drop_path: stochastic depth of the deepest block; it grows linearly from none at the first.
    """

    output_stride: int = OUTPUT_STRIDE
    widths: tuple[int, int, int, int] = (32, 64, 160, 256)
    depths: tuple[int, int, int, int] = (2, 2, 2, 2)
    heads: tuple[int, int, int, int] = (1, 2, 5, 8)
    reductions: tuple[int, int, int, int] = (8, 4, 2, 1)
    drop_path: float = 0.1

    def __post_init__(self) -> None:
        if self.output_stride != OUTPUT_STRIDE:
            raise errors.UserError(f"`output_stride` is {self.output_stride}; a Mix Transformer has {OUTPUT_STRIDE}.")
        for name in ("widths", "depths", "heads", "reductions"):
            values = getattr(self, name)
            if len(values) != 4 or min(values) < 1:
                raise errors.UserError(f"`{name}` is {values}; expected four positive numbers.")
        for width, heads in zip(self.widths, self.heads):
            if width % heads:
                raise errors.UserError(f"`heads` has {heads} for {width} of the `widths`; expected a divisor.")
        if not 0 <= self.drop_path < 1:
            raise errors.UserError(f"`drop_path` is {self.drop_path}; expected 0 or more, and less than 1.")

    @property
    def pretrained(self) -> bool:
        """Whether the backbone comes with weights learnt elsewhere."""
        return False


B0 = Config()
B1 = Config(widths=(64, 128, 320, 512))
B2 = dataclasses.replace(B1, depths=(3, 4, 6, 3))
B3 = dataclasses.replace(B1, depths=(3, 4, 18, 3))
B4 = dataclasses.replace(B1, depths=(3, 8, 27, 3))
B5 = dataclasses.replace(B1, depths=(3, 6, 40, 3))


def build(config: Config, norm: normalization.Norm) -> keras.Model:
    """Functional model, float 0..255 [B, H, W, 3] -> {level "2" to "5": float [B, ceil(H / 2^l), ceil(W / 2^l), C]}.

    There is no level 1: the first patches are 4 pixels apart. `norm` changes nothing: a transformer normalises layers
    whatever the batch. Layers are named as in the authors' release.
    """
    image = keras.Input((None, None, 3), name="image")
    features = keras.layers.Normalization(
        mean=MEAN, variance=[deviation**2 for deviation in DEVIATION], dtype="float32", name="normalization"
    )(image)
    rates = iter(np.linspace(0, config.drop_path, sum(config.depths)).tolist())
    levels = {}
    for stage, (width, depth, heads, reduction) in enumerate(
        zip(config.widths, config.depths, config.heads, config.reductions), start=1
    ):
        patch, strides = (7, 4) if stage == 1 else (3, 2)
        features = _embedding(features, width, patch, strides, name=f"patch_embed{stage}")
        for index in range(depth):
            features = _block(features, heads, reduction, next(rates), name=f"block{stage}.{index}")
        features = keras.layers.LayerNormalization(epsilon=EPSILON, name=f"norm{stage}")(features)
        levels[str(stage + 1)] = features
    return keras.Model(image, levels, name="mix_transformer")


def _embedding(features: tf.Tensor, width: int, patch: int, strides: int, *, name: str) -> tf.Tensor:
    """Overlapping patches: float [B, H, W, C] -> float [B, ceil(H / strides), ceil(W / strides), width]."""
    features = keras.layers.ZeroPadding2D(patch // 2, name=f"{name}.pad")(features)
    initializer = keras.initializers.VarianceScaling(2.0, mode="fan_out", distribution="untruncated_normal")
    features = keras.layers.Conv2D(
        width, patch, strides=strides, kernel_initializer=initializer, name=f"{name}.proj"
    )(features)
    return keras.layers.LayerNormalization(epsilon=EMBEDDING_EPSILON, name=f"{name}.norm")(features)


def _block(features: tf.Tensor, heads: int, reduction: int, rate: float, *, name: str) -> tf.Tensor:
    """Attention, then Mix-FFN, each beside a shortcut: float [B, h, w, C] -> the same shape."""
    normalised = keras.layers.LayerNormalization(epsilon=EPSILON, name=f"{name}.norm1")(features)
    attended = efficient_attention.efficient_attention(
        normalised, heads=heads, reduction=reduction, name=f"{name}.attn"
    )
    features = _added(features, attended, rate, f"{name}.attn")
    normalised = keras.layers.LayerNormalization(epsilon=EPSILON, name=f"{name}.norm2")(features)
    return _added(features, _mix_ffn(normalised, name=f"{name}.mlp"), rate, f"{name}.mlp")


def _mix_ffn(features: tf.Tensor, *, name: str) -> tf.Tensor:
    """Equation 3, where zero padding of the 3x3 convolution tells positions: float [B, h, w, C] -> the same shape."""
    channels = features.shape[-1]
    features = efficient_attention.linear(EXPANSION * channels, f"{name}.fc1")(features)
    features = keras.layers.DepthwiseConv2D(
        3,
        padding="same",
        depthwise_initializer=keras.initializers.RandomNormal(stddev=(2 / 9) ** 0.5),
        name=f"{name}.dwconv",
    )(features)
    features = keras.layers.Activation("gelu", name=f"{name}.act")(features)
    return efficient_attention.linear(channels, f"{name}.fc2")(features)


def _added(features: tf.Tensor, branch: tf.Tensor, rate: float, name: str) -> tf.Tensor:
    """The shortcut and the branch, which is left out for a share `rate` of the images: float [B, h, w, C]."""
    branch = drop_path.layer(rate, name=f"{name}.drop_path")(branch)
    return keras.layers.Add(name=f"{name}.add")([features, branch])
