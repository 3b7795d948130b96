"""VGG16 in pieces (Simonyan and Zisserman, 2015, table 1, D), for networks that change its padding and its poolings."""

import dataclasses
import os

import keras
import numpy as np
import tensorflow as tf

from seg_models import errors
from seg_models.layers import atrous_convolution, dropout, normalization

CONVOLUTIONS = (2, 2, 3, 3, 3)  # of each block
WIDTHS = (1, 2, 4, 8, 8)  # of each block, in multiples of the first's

# The classifier's layers as convolutions, and their names in keras.applications.
FULLY_CONNECTED = {"fc6": "fc1", "fc7": "fc2"}


@dataclasses.dataclass(frozen=True)
class Vgg16:
    """The network's size and where its weights come from.

    Attributes:
      width: channels of the first block; the later ones have 2, 4, 8 and 8 times as many.
      fc_channels: of fc6 and fc7, the fully connected layers become convolutions.
      dropout: of their outputs.
      weights: None (random), "imagenet", or a local file of the whole VGG16 as keras.applications publishes it.
    """

    width: int = 64
    fc_channels: int = 4096
    dropout: float = 0.5
    weights: str | None = None

    def __post_init__(self) -> None:
        if self.width < 1 or self.fc_channels < 1 or not 0 <= self.dropout < 1:
            raise errors.UserError(
                f"`width` is {self.width}, `fc_channels` {self.fc_channels}, `dropout` {self.dropout}; expected "
                "positive channels and 0 <= dropout < 1."
            )

    @property
    def pretrained(self) -> bool:
        """Whether the network comes with weights learnt elsewhere."""
        return self.weights is not None


def block(
    features: tf.Tensor,
    number: int,
    settings: Vgg16,
    norm: normalization.Norm,
    *,
    padding: str = "same",
    rate: int = 1,
) -> tf.Tensor:
    """The 3x3 convolutions of block `number` (1..5), without its pooling: float [B, h, w, C] -> float [B, h', w', D].

    The layers are called as in keras.applications, block1_conv1 and so on.
    """
    width = settings.width * WIDTHS[number - 1]
    for place in range(1, CONVOLUTIONS[number - 1] + 1):
        name = f"block{number}_conv{place}"
        features = convolution(features, width, norm, name=name, padding=padding, rate=rate)
    return features


def fully_connected(
    features: tf.Tensor,
    settings: Vgg16,
    norm: normalization.Norm,
    *,
    kernel_size: int = 7,
    padding: str = "valid",
    rate: int = 1,
    suffix: str = "",
) -> tf.Tensor:
    """fc6 and fc7, each with dropout: float [B, h, w, C] -> float [B, h', w', settings.fc_channels].

    Args:
      features: of the last block.
      settings: see Vgg16.
      norm: of both convolutions.
      kernel_size, padding, rate: of fc6.
      suffix: of the layers' names where there are several such pairs.
    """
    for name, side, holes in (("fc6", kernel_size, rate), ("fc7", 1, 1)):
        features = convolution(
            features,
            settings.fc_channels,
            norm,
            name=f"{name}{suffix}",
            kernel_size=side,
            padding=padding,
            rate=holes,
        )
        features = dropout.Dropout(settings.dropout, name=f"drop{name[2:]}{suffix}")(features)
    return features


def convolution(
    features: tf.Tensor,
    filters: int,
    norm: normalization.Norm,
    *,
    name: str,
    kernel_size: int = 3,
    padding: str = "same",
    rate: int = 1,
) -> tf.Tensor:
    """Convolution, normalisation, ReLU: float [B, h, w, C] -> float [B, h', w', filters]."""
    convolved = atrous_convolution.AtrousConv2D(
        filters,
        kernel_size,
        padding=padding,
        dilation_rate=rate,
        use_bias=norm.use_bias,
        kernel_initializer="he_normal",
        name=name,
    )(features)
    return keras.layers.ReLU()(norm.layer(f"{name}_norm")(convolved))


def load(network: keras.Model, settings: Vgg16) -> None:
    """Gives the convolutions of `network` that are VGG16's the weights that the settings ask for, if any.

    Raises:
      UserError: the weights cannot be downloaded, found or used; says what to do.
    """
    if settings.weights is not None:
        transfer(classifier(settings.weights), network)


def classifier(weights: str) -> keras.Model:
    """VGG16 with its fully connected layers, by keras.applications.

    Raises:
      UserError: the weights cannot be downloaded, found or used; says what to do.
    """
    if weights == "imagenet":
        try:
            return keras.applications.VGG16(weights=weights)
        except Exception as error:  # keras.utils.get_file raises nothing narrower
            raise errors.UserError(
                f"`weights`: the ImageNet weights are not to be had ({error}). Download the file on a machine that "
                "can, and give its path as `weights`; or train from random weights with `weights` none."
            ) from error
    if not os.path.isfile(weights):
        raise errors.UserError(f"`weights`: no file {weights}; expected `imagenet`, none or a weights file.")
    network = keras.applications.VGG16(weights=None)
    try:
        network.load_weights(weights)
    except (ValueError, KeyError, OSError) as error:
        raise errors.UserError(
            f"`weights`: {weights} does not fit VGG16 ({error}). Expected the file that keras.applications publishes "
            "for the network with its top (its name ends in tf_kernels.h5)."
        ) from error
    return network


def transfer(source: keras.Model, target: keras.Model) -> None:
    """Copies kernels, and biases where there are any, from a classifier to the convolutions of the same layers.

    Where normalisation follows, these have no biases, and the classifier's are left behind: batch statistics would
    take them out again. Group statistics would not quite, nor can their shift hold them, which acts on features of
    variance 1.

    A smaller fc6 or fc7 takes evenly spaced positions and channels of the large one's (DeepLab, section 3.1), so fc6
    of 3x3 with dilation 3 looks at the corners, the edges' middles and the centre of what it saw as 7x7.
    """
    channels = source.get_layer("block5_conv3").filters
    for layer in target.layers:
        if not isinstance(layer, keras.layers.Conv2D) or not layer.name.startswith(("block", *FULLY_CONNECTED)):
            continue
        twin = source.get_layer(FULLY_CONNECTED.get(layer.name.split("_")[0], layer.name))
        kernel, bias = twin.get_weights()
        if isinstance(twin, keras.layers.Dense):
            inputs = channels if twin.name == "fc1" else kernel.shape[0]
            side = round((kernel.shape[0] / inputs) ** 0.5)
            kernel = _thinned(kernel.reshape(side, side, inputs, -1), layer.kernel.shape)
            bias = _thinned(bias, layer.kernel.shape[-1:])
        if kernel.shape != tuple(layer.kernel.shape):
            raise errors.UserError(
                f"`weights`: `{layer.name}` has the shape {tuple(layer.kernel.shape)}, and {kernel.shape} in the "
                "pretrained VGG16; expected `width` 64 and at most 4096 `fc_channels`."
            )
        layer.set_weights([kernel, bias][: len(layer.weights)])


def _thinned(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Every axis thinned out to its length in `shape`: both ends and even steps along kernels, even steps elsewhere."""
    for axis, (length, wanted) in enumerate(zip(values.shape, shape)):
        if len(shape) == 4 and axis < 2:
            values = values.take(np.linspace(0, length - 1, wanted).round().astype(int), axis)
        elif wanted < length:
            values = values.take(np.arange(wanted) * length // wanted, axis)
    return values
