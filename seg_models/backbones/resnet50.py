"""ResNet-50 (He et al., 2015), by keras.applications."""

import dataclasses

import keras

from seg_models import applications, dilation
from seg_models.layers import caffe_preprocessing, normalization

LEVELS = {
    "1": "conv1_relu",
    "2": "conv2_block3_out",
    "3": "conv3_block4_out",
    "4": "conv4_block6_out",
    "5": "conv5_block3_out",
}


@dataclasses.dataclass(frozen=True)
class Config:
    """Which ResNet-50.

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
    """Functional model, float 0..255 [B, H, W, 3] -> {level: features}; see applications.backbone."""
    return applications.backbone(
        applications.create(keras.applications.ResNet50, config.weights),
        LEVELS,
        preprocessing=caffe_preprocessing.CaffePreprocessing(),
        output_stride=config.output_stride,
        norm=norm,
    )
