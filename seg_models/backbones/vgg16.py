"""VGG-16 (Simonyan and Zisserman, 2014, configuration D), by keras.applications."""

import dataclasses

import keras

from seg_models import applications, dilation
from seg_models.layers import caffe_preprocessing, normalization

LEVELS = {level: f"block{level}_pool" for level in ("1", "2", "3", "4", "5")}

# What goes into each pooling, and the last one's result.
BEFORE_POOLING = {
    "0": "block1_conv2",
    "1": "block2_conv2",
    "2": "block3_conv3",
    "3": "block4_conv3",
    "4": "block5_conv3",
    "5": "block5_pool",
}


@dataclasses.dataclass(frozen=True)
class Config:
    """The convolutions of VGG-16, without its three fully connected layers.

    Attributes:
      output_stride: 8, 16 or 32: of the deepest features; poolings beyond it keep the size and later layers dilate.
      weights: None (random), "imagenet", or a local file as keras.applications publishes it.
      before_pooling: whether the levels 0 to 4 hold what goes into the poolings, which is what U-Nets join, rather
        than what comes out of them.
    """

    output_stride: int = 16
    weights: str | None = None
    before_pooling: bool = False

    def __post_init__(self) -> None:
        dilation.check(self.output_stride)

    @property
    def pretrained(self) -> bool:
        """Whether the backbone comes with weights learnt elsewhere."""
        return self.weights is not None


def build(config: Config, norm: normalization.Norm) -> keras.Model:
    """Functional model, float 0..255 [B, H, W, 3] -> {level: features}; see applications.backbone.

    Level n holds what comes out of the n-th pooling, or what goes into the one after it where the Config says so.
    `norm` has nothing to replace here: the network has none.
    """
    return applications.backbone(
        applications.create(keras.applications.VGG16, config.weights),
        BEFORE_POOLING if config.before_pooling else LEVELS,
        preprocessing=caffe_preprocessing.CaffePreprocessing(),
        output_stride=config.output_stride,
        norm=norm,
        pretrained=config.pretrained,
        pad_valid=True,
    )
