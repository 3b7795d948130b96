"""EfficientNetV2 (Tan and Le, 2021), by keras.applications."""

import dataclasses
import functools

import keras

from seg_models import applications, dilation, errors, registry
from seg_models.layers import drop_path, normalization

VARIANTS = {
    "b0": keras.applications.EfficientNetV2B0,
    "b1": keras.applications.EfficientNetV2B1,
    "b2": keras.applications.EfficientNetV2B2,
    "b3": keras.applications.EfficientNetV2B3,
    "s": keras.applications.EfficientNetV2S,
    "m": keras.applications.EfficientNetV2M,
    "l": keras.applications.EfficientNetV2L,
}

# The networks' stages that end where a level ends; the last stage is the 6th or the 7th.
STAGES = {"1": "block1", "2": "block2", "3": "block3", "4": "block5", "5": "block"}
PUBLISHED_DROP_PATH = 0.2

# Of ImageNet's colours in 0..1, which the variants b0 to b3 are normalised by.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


@dataclasses.dataclass(frozen=True)
class Config:
    """Which EfficientNetV2.

    Attributes:
      output_stride: 8, 16 or 32: of the deepest features; strides beyond it become dilation.
      variant: "b0" to "b3", "s", "m" or "l".
      drop_path: stochastic depth of the deepest block; it grows linearly from none at the first.
      weights: None (random), "imagenet", or a local file as keras.applications publishes it.
    """

    output_stride: int = 16
    variant: str = "b0"
    drop_path: float = PUBLISHED_DROP_PATH
    weights: str | None = None

    def __post_init__(self) -> None:
        dilation.check(self.output_stride)
        registry.check("the kinds of `variant`", self.variant, VARIANTS)
        if not 0 <= self.drop_path < 1:
            raise errors.UserError(f"`drop_path` is {self.drop_path}; expected 0 or more, and less than 1.")

    @property
    def pretrained(self) -> bool:
        """Whether the backbone comes with weights learnt elsewhere."""
        return self.weights is not None


def build(config: Config, norm: normalization.Norm) -> keras.Model:
    """Functional model, float 0..255 [B, H, W, 3] -> {level: features}; see applications.backbone.

    The last 1x1 convolution, which serves the classifier, is left out.

    Squeeze-and-excitation sees the mean of all features of a block. A dilated network has 4 or 16 times as many of
    them, so its means are not quite those of the strided network; all else is what the strided one computes.
    """
    application = functools.partial(VARIANTS[config.variant], include_preprocessing=False)
    network = applications.create(application, config.weights)
    names = [layer.name for layer in network.layers]
    levels = {level: [name for name in names if name.startswith(stage)][-1] for level, stage in STAGES.items()}

    def resumable(layer: keras.layers.Layer) -> keras.layers.Layer | None:
        if not isinstance(layer, keras.layers.Dropout):
            return None
        return drop_path.layer(layer.rate * config.drop_path / PUBLISHED_DROP_PATH, name=layer.name)

    return applications.backbone(
        network,
        levels,
        preprocessing=_preprocessing(config.variant),
        output_stride=config.output_stride,
        norm=norm,
        pretrained=config.pretrained,
        substitute=resumable,
    )


def _preprocessing(variant: str) -> keras.layers.Layer:
    """What the variant's ImageNet weights expect."""
    if not variant.startswith("b"):
        return keras.layers.Rescaling(1 / 128, offset=-1, dtype="float32")
    scale = [1 / (255 * deviation) for deviation in DEVIATION]
    offset = [-mean / deviation for mean, deviation in zip(MEAN, DEVIATION)]
    return keras.layers.Rescaling(scale, offset=offset, dtype="float32")
