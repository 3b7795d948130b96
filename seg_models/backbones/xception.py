"""Xception (Chollet, 2017), by keras.applications."""

import dataclasses

import keras

from seg_models import applications, dilation
from seg_models.layers import normalization

# The sums of the entry and middle flow's last blocks; a strided block's sum is the first of its size.
LEVELS = {
    "1": "block1_conv2_act",
    "2": "add",
    "3": "add_1",
    "4": "add_10",
    "5": "block14_sepconv2_act",
}


@dataclasses.dataclass(frozen=True)
class Config:
    """Which Xception.

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

    The published stem loses a border of 3 pixels; here it is padded, so its features sit one pixel to the left and up.

    Where a level has even sides, the published network's strided poolings sit one pixel to the right and down of the
    shortcuts beside them, and its features change with the parity. A pooling that gave up its stride sits where the
    shortcut does, as it does in the published network where sides are odd. So sides of 32 n + 1 pixels (513, 769)
    suit this network, and only there dilation leaves its features exactly what they were.
    """
    return applications.backbone(
        applications.create(keras.applications.Xception, config.weights),
        LEVELS,
        preprocessing=keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32"),
        output_stride=config.output_stride,
        norm=norm,
        pretrained=config.pretrained,
        pad_valid=True,
    )
