"""Inception v3 (Szegedy et al., 2016), by keras.applications."""

import dataclasses

import keras

from seg_models import applications, dilation
from seg_models.layers import normalization

# What goes into the stem's two poolings, and the last blocks of the grids of 35, 17 and 8 (table 1 of the paper).
LEVELS = {"1": "activation_2", "2": "activation_4", "3": "mixed2", "4": "mixed7", "5": "mixed10"}


@dataclasses.dataclass(frozen=True)
class Config:
    """Which Inception.

    Attributes:
      output_stride: 8, 16 or 32: of the deepest features; strides beyond it become dilation.
      weights: None (random), "imagenet", or a local file as keras.applications publishes it.
    """

    output_stride: int = 16
    weights: str | None = None

    def __post_init__(self) -> None:
        dilation.check(self.output_stride)

    @property
    def pretrained(self) -> bool:
        """Whether the backbone comes with weights learnt elsewhere."""
        return self.weights is not None


def build(config: Config, norm: normalization.Norm) -> keras.Model:
    """Functional model, float 0..255 [B, H, W, 3] -> {level: features}; see applications.backbone.

    In the published network the stem and every reduction of the grid lose a border: 299 pixels end as 8. Here they
    are padded with zeros, which makes 10 of them, and the same weights compute the same features from the same
    surroundings, only placed differently within their stride. Within reach of the image's border they see zeros that
    the published network never saw there; fine-tuning has to get used to that. The published normalisation has no
    factors; here they start as 1.
    """
    return applications.backbone(
        applications.create(keras.applications.InceptionV3, config.weights),
        LEVELS,
        preprocessing=keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32"),
        output_stride=config.output_stride,
        norm=norm,
        pretrained=config.pretrained,
        pad_valid=True,
    )
