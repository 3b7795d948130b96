"""MobileNetV2 (Sandler et al., 2018), by keras.applications."""

import dataclasses
import functools

import keras

from seg_models import applications, dilation
from seg_models.layers import normalization

# The blocks' own outputs. The 1280 channels for the classifier are left out, as in the published DeepLab networks.
LEVELS = {
    "1": "expanded_conv_project_BN",
    "2": "block_2_add",
    "3": "block_5_add",
    "4": "block_12_add",
    "5": "block_16_project_BN",
}


@dataclasses.dataclass(frozen=True)
class Config:
    """Which MobileNetV2.

    Attributes:
      output_stride: 8, 16 or 32: of the deepest features; strides beyond it become dilation.
      alpha: factor of the widths; ImageNet weights exist for 0.35, 0.5, 0.75, 1, 1.3 and 1.4.
      weights: None (random), "imagenet", or a local file as keras.applications publishes it.
    """

    output_stride: int = 16
    alpha: float = 1.0
    weights: str | None = None

    def __post_init__(self) -> None:
        dilation.check(self.output_stride)

    @property
    def pretrained(self) -> bool:
        """Whether the backbone comes with weights learnt elsewhere."""
        return self.weights is not None


def build(config: Config, norm: normalization.Norm) -> keras.Model:
    """Functional model, float 0..255 [B, H, W, 3] -> {level: features}; see applications.backbone."""
    application = functools.partial(keras.applications.MobileNetV2, alpha=config.alpha)
    return applications.backbone(
        applications.create(application, config.weights),
        LEVELS,
        preprocessing=keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32"),
        output_stride=config.output_stride,
        norm=norm,
        pretrained=config.pretrained,
    )
