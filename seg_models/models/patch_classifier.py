"""Sliding-window patch classifier (Ciresan et al., 2012): what fully convolutional networks do at far less cost.

A baseline to compare with. The paper's foveation of the patches and its average of several networks are left out.
"""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors, model
from seg_models.layers import convolution, mirror_padding, normalization, patch_scores
from seg_models.losses import cross_entropy


@dataclasses.dataclass(frozen=True)
class Config:
    """The classifier, and which pixels it is shown; the defaults are those of the paper's network N4.

    Attributes:
      patch: side of the window around the pixel, odd. With the kernels (4, 4, 5) 65 fits, as in N1.
      kernels: of the convolutions, none of them padded and each followed by 2x2 pooling, which must come out even.
      channels: of each of them.
      hidden: of the layer between the last pooling and the scores.
      stride: of the pixels that are classified; the scores in between are interpolated.
      training_stride: of the pixels that are learnt from; random crops make them others in every step.
      chunk: patches at a time, outside of training.
      norm: after every convolution and the hidden layer; the paper has none.
      loss: Config of seg_models.losses.
    """

    patch: int = 95
    kernels: tuple[int, ...] = (4, 5, 4, 4)
    channels: int = 48
    hidden: int = 200
    stride: int = 1
    training_stride: int = 16
    chunk: int = 256
    norm: normalization.Norm = normalization.Norm("none")
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    def __post_init__(self) -> None:
        for name in ("channels", "hidden", "stride", "training_stride", "chunk"):
            if getattr(self, name) < 1:
                raise errors.UserError(f"`{name}` is {getattr(self, name)}; expected a positive number.")
        if self.patch % 2 == 0 or not self.kernels or self.side is None:
            raise errors.UserError(
                f"`patch` is {self.patch}, `kernels` {self.kernels}; expected an odd patch, of which every kernel "
                "leaves an even number of pixels, and every pooling half of them."
            )

    @property
    def side(self) -> int | None:
        """Of what the last pooling leaves of a patch; None where a pooling does not come out even."""
        side = self.patch
        for kernel in self.kernels:
            side -= kernel - 1
            if kernel < 1 or side < 2 or side % 2:
                return None
            side //= 2
        return side

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return False


class PatchModel(model.SemanticModel):
    """Learns from the very pixels that were classified: nothing in between is interpolated for the loss."""

    def loss_terms(self, batch: model.Batch, outputs: model.Outputs) -> dict[str, tf.Tensor]:
        """{"semantic": scalar}; every map of the batch is read where the scores, float [B, h, w, C], are."""
        size, count = tf.shape(batch["semantic"])[1:3], tf.shape(outputs["semantic"])[1:3]
        rows, columns = (patch_scores.pixels(size[axis], count[axis]) for axis in (0, 1))
        return super().loss_terms(model.thinned(batch, rows, columns), outputs)


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, ceil(H / stride), ceil(W / stride), C]}."""
    image = keras.Input((None, None, 3), name="image")
    padded = keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32")(image)
    padded = mirror_padding.MirrorPadding(multiple=1, shortfall=0, margin=config.patch // 2)(padded)
    semantic = patch_scores.PatchScores(
        _classifier(config, info),
        stride=config.stride,
        training_stride=config.training_stride,
        chunk=config.chunk,
        name="semantic",
    )(padded)
    return PatchModel(info, keras.Model(image, {"semantic": semantic}, name="patch_classifier"), config.loss)


def _classifier(config: Config, info: dataset.DatasetInfo) -> keras.Model:
    """Float [N, P, P, 3] -> float32 [N, 1, 1, C]; the dense layers are convolutions as large as what they see."""
    patch = features = keras.Input((config.patch, config.patch, 3), name="patch")
    for number, kernel in enumerate(config.kernels, start=1):
        features = _convolution(features, config.channels, kernel, config.norm, f"conv{number}")
        features = keras.layers.MaxPooling2D(2, name=f"pool{number}")(features)
    features = _convolution(features, config.hidden, config.side, config.norm, "hidden")
    return keras.Model(patch, convolution.scores(features, info.num_categories, "scores"), name="classifier")


def _convolution(features: tf.Tensor, filters: int, side: int, norm: normalization.Norm, name: str) -> tf.Tensor:
    """Convolution without padding, normalisation, ReLU: float [N, h, w, C] -> float [N, h', w', filters]."""
    convolved = keras.layers.Conv2D(
        filters, side, use_bias=norm.use_bias, kernel_initializer="he_normal", name=name
    )(features)
    return keras.layers.ReLU(name=f"{name}_relu")(norm.layer(f"{name}_norm")(convolved))
