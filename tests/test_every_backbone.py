"""Every backbone: levels, sizes, real output stride, normalisation, gradients, settings."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import config as settings
from seg_models import errors, registry
from seg_models.layers import layer_scale, normalization

PACKAGE = "seg_models.backbones"
NAMES = registry.available(PACKAGE)

# Each backbone at its smallest, without anything random in training.
SMALL: dict[str, dict[str, Any]] = {
    "convnext": {"drop_path": 0.0},
    "efficientnet_v2": {"drop_path": 0.0},
    "mix_transformer": {"drop_path": 0.0},
    "mobilenet_v2": {"alpha": 0.35},
    "mobilenet_v3": {"variant": "small", "alpha": 0.35},
    "xception65": {"depth": 41},
}

# Of hundreds of layers at their smallest. test_applications.py has their kinds of layer in a network of a dozen.
LARGE = ("convnext", "efficientnet_v2", "inception", "xception", "xception65")

# Their first step is to stride 4.
NO_LEVEL_1 = ("convnext", "mix_transformer")

# Attention has no strides to give up.
NOT_DILATED = ("mix_transformer",)


def each(names: list[str]) -> pytest.MarkDecorator:
    """The test runs for each of these, for large ones where slow tests run."""
    marked = [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in names]
    return pytest.mark.parametrize("name", marked)


def small(name: str, **changes: Any) -> Any:
    """The backbone's Config, at its smallest."""
    return dataclasses.replace(registry.find(PACKAGE, name).Config(), **SMALL.get(name, {}), **changes)


def build(config: Any, norm: normalization.Norm) -> keras.Model:
    """The backbone that the Config describes."""
    return registry.module_of(config).build(config, norm)


def images(height: int, width: int) -> tf.Tensor:
    """Float32 0..255 [2, height, width, 3], the same every time."""
    return tf.constant(np.random.default_rng(0).uniform(0, 255, (2, height, width, 3)), tf.float32)


def layers_of(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Its layers, those of nested models too."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from layers_of(layer)
        else:
            yield layer


def make_comparable(backbone: keras.Model) -> None:
    """Takes out what a dilated network cannot share, and what would hide differences.

    Gates of squeeze-and-excitation follow from a mean over all positions, of which a dilated network has more: they
    are made constants. Factors of LayerScale are so small at first that blocks hardly count: they are made 1.
    """
    for layer in layers_of(backbone):
        if layer.name.endswith(("se_expand", "squeeze_excite_Conv_1")):
            kernel, bias = layer.get_weights()
            layer.set_weights([np.zeros_like(kernel), bias])
        if isinstance(layer, layer_scale.LayerScale):
            layer.set_weights([np.ones_like(layer.get_weights()[0])])


@each(NAMES)
def test_levels_have_their_strides_at_any_size_and_all_weights_learn(name: str) -> None:
    config = small(name)
    backbone = build(config, normalization.Norm("group"))
    assert backbone.input_shape == (None, None, None, 3)
    with tf.GradientTape() as tape:
        levels = backbone(images(45, 70), training=True)
        loss = sum(tf.reduce_mean(tf.square(features)) for features in levels.values())
    for level, features in levels.items():
        stride = min(2 ** int(level), config.output_stride)
        assert features.shape[1:3] == (-(-45 // stride), -(-70 // stride))
    assert sorted(levels) == list("2345" if name in NO_LEVEL_1 else "12345")
    gradients = tape.gradient(loss, backbone.trainable_variables)
    assert all(gradient is not None and np.isfinite(gradient).all() for gradient in gradients)
    assert len(backbone.weights) == len(backbone.trainable_weights), "group normalisation keeps no statistics"


@each([name for name in NAMES if name not in NOT_DILATED])
def test_dilation_computes_what_the_undilated_network_computes_and_more(name: str) -> None:
    image = images(65, 65)
    undilated = build(small(name, output_stride=32), normalization.Norm("batch", momentum=0.0))
    make_comparable(undilated)
    undilated(image, training=True)  # makes the statistics those of the image, so that features are neither 0 nor huge
    expected = undilated(image)["5"].numpy()
    assert expected.shape[1:3] == (3, 3) and expected.std() > 0.1
    dilated = build(small(name, output_stride=8), normalization.Norm("batch"))
    dilated.set_weights(undilated.get_weights())
    features = dilated(image)["5"].numpy()
    assert features.shape[1:3] == (9, 9)
    # Where every level has odd sides, layers padded "same" look at every 2nd pixel from the first on.
    np.testing.assert_allclose(features[:, ::4, ::4], expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("name", NAMES)
def test_settings(name: str) -> None:
    config = small(name)
    assert settings.from_json(settings.to_json(config)) == config
    assert not config.pretrained
    with pytest.raises(errors.UserError, match="`output_stride` is 4"):
        small(name, output_stride=4)
