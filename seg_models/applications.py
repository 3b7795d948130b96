"""A network of keras.applications as a backbone: its weights, the project's normalisation, a real output stride."""

import dataclasses
import math
import os
import re
from collections.abc import Callable, Mapping

import keras
import numpy as np

from seg_models import dilation, errors
from seg_models.layers import atrous_convolution, atrous_pooling, normalization

SIZE = 224  # of the ImageNet networks; strides are read from the sizes that their layers have at it

# Stands before strided depthwise convolutions for the padding "same" of even sizes; "same" itself fits odd ones too.
EVEN_PADDING = ((0, 1), (0, 1))

# What Keras names layers that were given no name, with a number that counts all such layers of the process.
UNNAMED = re.compile(
    "(activation|add|average_pooling2d|batch_normalization|concatenate|conv2d|max_pooling2d|separable_conv2d)"
    r"(_\d+)?"
)

Application = Callable[..., keras.Model]
Substitute = Callable[[keras.layers.Layer], keras.layers.Layer | None]


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
    pretrained: bool,
    pad_valid: bool = False,
    substitute: Substitute = lambda layer: None,
) -> keras.Model:
    """A backbone made from a classification network.

    Args:
      network: from `create`.
      levels: level -> the name of the layer that gives its features; layers without a name of their own are called
        what they would be called in a new process.
      preprocessing: float 0..255 [B, H, W, 3] -> what the network's weights expect.
      output_stride: 8, 16 or 32.
      norm: replaces the network's batch normalisation; all but "group" take over its weights. With "none" all
        convolutions have biases.
      pretrained: whether the network's weights are learnt ones, for the backbone to take over.
      pad_valid: whether convolutions and poolings that lose a border or an odd last pixel are padded "same". Inside
        the image the features stay what they were, but may come from pixels one further to the left and up.
      substitute: gives what shall take a layer's place, or None: then the rules of this module hold.

    Returns:
      Functional model, float 0..255 [B, H, W, 3] -> {level: float [B, ceil(H / s), ceil(W / s), C]}, where s is
      2^level or output_stride, whichever is less.

    Raises:
      UserError: `norm` is "none", and the network has learnt with batch normalisation.
    """

    names = _names(network)

    def converted(layer: keras.layers.Layer) -> keras.layers.Layer:
        settings = {**layer.get_config(), "name": names[layer.name]}
        return substitute(layer) or _converted(layer, settings, output_stride, norm, pretrained, pad_valid)

    # Layer by layer, and not by clone_model, behind which the preprocessing would have to call a model within a model.
    image = keras.Input((None, None, 3), name="image")
    made, named = {id(network.input): preprocessing(image)}, {}
    for layer in network.layers[1:]:
        given = layer.input
        inputs = [made[id(each)] for each in given] if isinstance(given, list) else made[id(given)]
        named[names[layer.name]] = made[id(layer.output)] = converted(layer)(inputs)
    clone = keras.Model(image, {level: named[name] for level, name in levels.items()}, name=network.name)
    if pretrained:
        copy_weights(network, clone, names)
    return clone


def copy_weights(network: keras.Model, backbone: keras.Model, names: Mapping[str, str] | None = None) -> None:
    """Copies the weights of all layers that `backbone` has too.

    Group normalisation starts anew, for batch normalisation's weights mean nothing to it.

    Args:
      network: the source; layers within its nested models count as its own.
      backbone: the target.
      names: what the network's layers are called in the backbone; by default the same, but for `_` in place of `/`.

    Raises:
      ValueError: a layer has another number of weights than the one of its name.
    """
    twins = {layer.name: layer for layer in backbone.layers}
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            copy_weights(layer, backbone, names)
            continue
        twin = twins.get(names[layer.name] if names else layer.name.replace("/", "_"))
        values = layer.get_weights()
        if twin is None or not values or isinstance(twin, normalization.GroupNormalization):
            continue
        if isinstance(layer, keras.layers.BatchNormalization) and not layer.scale:
            values.insert(0, np.ones_like(values[0]))  # ours has a factor, which is 1 where the network has none
        if len(twin.weights) != len(values):
            raise ValueError(f"`{twin.name}` has {len(twin.weights)} weights, and {len(values)} in {network.name}.")
        # Reshaped because a convolution of one channel a group has the numbers of a depthwise one.
        twin.set_weights([value.reshape(old.shape) for value, old in zip(values, twin.weights)])


def _names(network: keras.Model) -> dict[str, str]:
    """Layer name -> name in a new process, so that a network's names do not depend on what was built before it."""
    names = {layer.name: layer.name for layer in network.layers}
    numbers: dict[str, list[int]] = {}
    for name in names:
        if match := UNNAMED.fullmatch(name):
            numbers.setdefault(match[1], []).append(int((match[2] or "_0")[1:]))
    for kind, found in numbers.items():
        for index, number in enumerate(sorted(found)):
            names[f"{kind}_{number}" if number else kind] = f"{kind}_{index}" if index else kind
    return names


def _converted(
    layer: keras.layers.Layer,
    settings: dict[str, object],
    output_stride: int,
    norm: normalization.Norm,
    pretrained: bool,
    pad_valid: bool,
) -> keras.layers.Layer:
    """What takes the layer's place; `settings` is its configuration under its new name."""
    if isinstance(layer, keras.layers.BatchNormalization):
        # Pretrained statistics are right with the epsilon that they were learnt with, and only with that.
        return dataclasses.replace(norm, epsilon=layer.epsilon).layer(settings["name"], pretrained=pretrained)
    if isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)):
        biased = {**settings, "use_bias": layer.use_bias or norm.use_bias}
        return _dilated(layer, biased, output_stride, pad_valid)
    if isinstance(layer, (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)):
        return _dilated_pooling(layer, settings, output_stride, pad_valid)
    if isinstance(layer, keras.layers.ZeroPadding2D) and layer.padding == EVEN_PADDING:
        return keras.layers.Activation("linear", name=settings["name"])
    if isinstance(layer, keras.layers.GlobalAveragePooling2D):
        # In half precision the sum over a large image would lose digits, or overflow.
        return type(layer).from_config({**settings, "dtype": "float32"})
    return type(layer).from_config(settings)


def _plan(layer: keras.layers.Layer, output_stride: int) -> tuple[int, int]:
    """The strides and the dilation that the output stride asks of this layer."""
    # Explicit padding makes the input a little larger than 224 / stride, its lack a little smaller: hence the rounding.
    stride = 2 ** round(math.log2(SIZE / layer.input.shape[1]))
    return dilation.plan(stride, layer.strides[0], output_stride)


def _dilated(
    layer: keras.layers.Conv2D | keras.layers.DepthwiseConv2D | keras.layers.SeparableConv2D,
    settings: dict[str, object],
    output_stride: int,
    pad_valid: bool,
) -> keras.layers.Layer:
    """The same convolution with the strides and the dilation that the output stride asks for."""
    strides, rate = _plan(layer, output_stride)
    settings = {**settings, "strides": strides, "dilation_rate": rate if max(layer.kernel_size) > 1 else 1}
    if pad_valid or isinstance(layer, keras.layers.DepthwiseConv2D):
        settings["padding"] = "same"
    if isinstance(layer, (keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)):
        return type(layer).from_config(settings)
    return atrous_convolution.AtrousConv2D.from_config(settings)


def _dilated_pooling(
    layer: keras.layers.MaxPooling2D | keras.layers.AveragePooling2D,
    settings: dict[str, object],
    output_stride: int,
    pad_valid: bool,
) -> keras.layers.Layer:
    """The same pooling with the strides and the dilation that the output stride asks for."""
    strides, rate = _plan(layer, output_stride)
    if strides == layer.strides[0] and rate == 1:
        return type(layer).from_config({**settings, "padding": "same" if pad_valid else layer.padding})
    is_maximum = isinstance(layer, keras.layers.MaxPooling2D)
    pooling = atrous_pooling.AtrousMaxPooling2D if is_maximum else atrous_pooling.AtrousAveragePooling2D
    return pooling(layer.pool_size[0], rate, name=settings["name"])


def _load(network: keras.Model, path: str) -> None:
    try:
        network.load_weights(path)
    except (ValueError, KeyError, OSError) as error:
        raise errors.UserError(
            f"`weights`: {path} does not fit {network.name} ({error}). Expected the file that keras.applications "
            "publishes for this network without its top (its name ends in no_top.h5 or notop.h5)."
        ) from error
