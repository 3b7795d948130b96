"""A network of keras.applications as a backbone: its weights, the project's normalisation, a real output stride."""

import dataclasses
import math
import os
from collections.abc import Callable, Mapping

import keras

from seg_models import dilation, errors
from seg_models.layers import atrous_convolution, atrous_pooling, normalization

SIZE = 224  # of the ImageNet networks; strides are read from the sizes that their layers have at it

# Stands before strided depthwise convolutions for the padding "same" of even sizes; "same" itself fits odd ones too.
EVEN_PADDING = ((0, 1), (0, 1))

Application = Callable[..., keras.Model]


def create(application: Application, weights: str | None) -> keras.Model:
    """The network without its classifier.

    Args:
      application: such as keras.applications.ResNet50, its own options bound.
      weights: None (random), "imagenet" (downloaded once), or a local weights file of the same network.

    Raises:
      UserError: the weights cannot be downloaded, found or used; says what to do.
    """
    shape = (SIZE, SIZE, 3)
    if weights == "imagenet":
        try:
            return application(include_top=False, weights=weights, input_shape=shape)
        except Exception as error:  # keras.utils.get_file raises nothing narrower
            raise errors.UserError(
                f"`weights`: the ImageNet weights are not to be had ({error}). Download the file on a machine that "
                "can, and give its path as `weights`; or train from random weights with `weights` none."
            ) from error
    if weights is not None and not os.path.isfile(weights):
        raise errors.UserError(f"`weights`: no file {weights}; expected `imagenet`, none or a weights file.")
    network = application(include_top=False, weights=None, input_shape=shape)
    if weights is not None:
        _load(network, weights)
    return network


def backbone(
    network: keras.Model,
    levels: Mapping[str, str],
    *,
    preprocessing: keras.layers.Layer,
    output_stride: int,
    norm: normalization.Norm,
    pad_valid: bool = False,
) -> keras.Model:
    """A backbone made from a classification network.

    Args:
      network: from `create`.
      levels: level -> the name of the layer that gives its features.
      preprocessing: float 0..255 [B, H, W, 3] -> what the network's weights expect.
      output_stride: 8, 16 or 32.
      norm: replaces the network's batch normalisation; all but "group" take over its weights.
      pad_valid: whether convolutions and poolings that lose a border or an odd last pixel are padded "same". Inside
        the image the features stay what they were, but may come from pixels one further to the left and up.

    Returns:
      Functional model, float 0..255 [B, H, W, 3] -> {level: float [B, ceil(H / s), ceil(W / s), C]}, where s is
      2^level or output_stride, whichever is less.
    """

    clone = keras.models.clone_model(
        network,
        input_tensors=keras.Input((None, None, 3)),
        clone_function=lambda layer: _converted(layer, output_stride, norm, pad_valid),
    )
    copy_weights(network, clone)
    features = {level: clone.get_layer(name).output for level, name in levels.items()}
    trunk = keras.Model(clone.input, features, name="trunk")
    image = keras.Input((None, None, 3), name="image")
    return keras.Model(image, trunk(preprocessing(image)), name=network.name)


def copy_weights(network: keras.Model, backbone: keras.Model) -> None:
    """Copies the weights of all layers that `backbone` has under the same name.

    Group normalisation starts anew, for batch normalisation's weights mean nothing to it.
    """
    twins = {layer.name: layer for layer in backbone.layers}
    for layer in network.layers:
        twin = twins.get(layer.name)
        if twin is not None and len(twin.weights) == len(layer.weights):
            twin.set_weights(layer.get_weights())


def _converted(
    layer: keras.layers.Layer, output_stride: int, norm: normalization.Norm, pad_valid: bool
) -> keras.layers.Layer:
    """What takes the layer's place."""
    if isinstance(layer, keras.layers.BatchNormalization):
        # Pretrained statistics are right with the epsilon that they were learnt with, and only with that.
        return dataclasses.replace(norm, epsilon=layer.epsilon).layer(layer.name, pretrained=True)
    if isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)):
        return _dilated(layer, output_stride, pad_valid)
    if isinstance(layer, (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)):
        return _dilated_pooling(layer, output_stride, pad_valid)
    if isinstance(layer, keras.layers.ZeroPadding2D) and layer.padding == EVEN_PADDING:
        return keras.layers.Activation("linear", name=layer.name)
    return type(layer).from_config(layer.get_config())


def _plan(layer: keras.layers.Layer, output_stride: int) -> tuple[int, int]:
    """The strides and the dilation that the output stride asks of this layer."""
    # Explicit padding makes the input a little larger than 224 / stride, its lack a little smaller: hence the rounding.
    stride = 2 ** round(math.log2(SIZE / layer.input.shape[1]))
    return dilation.plan(stride, layer.strides[0], output_stride)


def _dilated(
    layer: keras.layers.Conv2D | keras.layers.DepthwiseConv2D | keras.layers.SeparableConv2D,
    output_stride: int,
    pad_valid: bool,
) -> keras.layers.Layer:
    """The same convolution with the strides and the dilation that the output stride asks for."""
    strides, rate = _plan(layer, output_stride)
    settings = {**layer.get_config(), "strides": strides, "dilation_rate": rate if max(layer.kernel_size) > 1 else 1}
    if pad_valid or isinstance(layer, keras.layers.DepthwiseConv2D):
        settings["padding"] = "same"
    if isinstance(layer, (keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)):
        return type(layer).from_config(settings)
    return atrous_convolution.AtrousConv2D.from_config(settings)


def _dilated_pooling(
    layer: keras.layers.MaxPooling2D | keras.layers.AveragePooling2D, output_stride: int, pad_valid: bool
) -> keras.layers.Layer:
    """The same pooling with the strides and the dilation that the output stride asks for."""
    strides, rate = _plan(layer, output_stride)
    if strides == layer.strides[0] and rate == 1:
        padding = "same" if pad_valid else layer.padding
        return type(layer).from_config({**layer.get_config(), "padding": padding})
    is_maximum = isinstance(layer, keras.layers.MaxPooling2D)
    pooling = atrous_pooling.AtrousMaxPooling2D if is_maximum else atrous_pooling.AtrousAveragePooling2D
    return pooling(layer.pool_size[0], rate, name=layer.name)


def _load(network: keras.Model, path: str) -> None:
    try:
        network.load_weights(path)
    except (ValueError, KeyError, OSError) as error:
        raise errors.UserError(
            f"`weights`: {path} does not fit {network.name} ({error}). Expected the file that keras.applications "
            "publishes for this network without its top (its name ends in no_top.h5 or notop.h5)."
        ) from error
