"""Every backbone: levels, sizes, real output stride, normalisation, gradients, settings."""

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import config as settings
from seg_models import errors, registry
from seg_models.layers import normalization

PACKAGE = "seg_models.backbones"
NAMES = registry.available(PACKAGE)
SMALL = {"alpha": 0.35, "drop_path": 0.0}
UNDILATED = ("mix_transformer",)  # attention has no strides to give up
DILATED = [name for name in NAMES if name not in UNDILATED]


def small(name: str, **changes: Any) -> Any:
    """The backbone's Config, at its smallest."""
    config = registry.find(PACKAGE, name).Config()
    fields = {field.name for field in dataclasses.fields(config)}
    return dataclasses.replace(config, **{key: value for key, value in SMALL.items() if key in fields}, **changes)


def build(config: Any, norm: normalization.Norm) -> keras.Model:
    """The backbone that the Config describes."""
    return registry.module_of(config).build(config, norm)


def images(height: int, width: int) -> tf.Tensor:
    """Float32 0..255 [2, height, width, 3], the same every time."""
    return tf.constant(np.random.default_rng(0).uniform(0, 255, (2, height, width, 3)), tf.float32)


@pytest.mark.parametrize("name", NAMES)
def test_levels_have_their_strides_at_any_size_and_all_weights_learn(name: str) -> None:
    config = small(name)
    backbone = build(config, normalization.Norm("group"))
    assert backbone.input_shape == (None, None, None, 3)
    with tf.GradientTape() as tape:
        levels = backbone(images(45, 70), training=True)
        loss = sum(tf.reduce_mean(tf.square(features)) for features in levels.values())
    sizes = {level: tuple(features.shape[1:3]) for level, features in levels.items()}
    deepest = (2, 3) if config.output_stride == 32 else (3, 5)
    expected = {"1": (23, 35), "2": (12, 18), "3": (6, 9), "4": (3, 5), "5": deepest}
    # The first level is missing where a network goes to stride 4 at once.
    assert sizes in (expected, {level: size for level, size in expected.items() if level != "1"})
    gradients = tape.gradient(loss, backbone.trainable_variables)
    assert all(gradient is not None and np.isfinite(gradient).all() for gradient in gradients)
    assert len(backbone.weights) == len(backbone.trainable_weights), "group normalisation keeps no statistics"


@pytest.mark.parametrize("name", DILATED)
def test_dilation_computes_what_the_undilated_network_computes_and_more(name: str) -> None:
    image = images(65, 65)
    undilated = build(small(name, output_stride=32), normalization.Norm("batch", momentum=0.0))
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
