"""VGG-16 (Simonyan and Zisserman, 2014, configuration D), by keras.applications."""

import dataclasses

import keras

from seg_models import applications, dilation
from seg_models.layers import caffe_preprocessing, normalization

LEVELS = {level: f"block{level}_pool" for level in ("1", "2", "3", "4", "5")}


@dataclasses.dataclass(frozen=True)
class Config:
    """The convolutions of VGG-16, without its three fully connected layers.

    Attributes:
      output_stride: 8, 16 or 32: of the deepest features; poolings beyond it keep the size and later layers dilate.
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

    Level n holds what comes out of the n-th pooling. `norm` has nothing to replace here: the network has none.
    """
    return applications.backbone(
        applications.create(keras.applications.VGG16, config.weights),
        LEVELS,
        preprocessing=caffe_preprocessing.CaffePreprocessing(),
        output_stride=config.output_stride,
        norm=norm,
        pad_valid=True,
    )
