"""MobileNetV2 equals the one of keras.applications, weights file included."""

import functools
from pathlib import Path

import keras

from seg_models.backbones import mobilenet_v2
from seg_models.layers import normalization
from tests import published_network


def test_is_the_published_network(tmp_path: Path) -> None:
    pixels = published_network.image(64, 64)
    preprocessed = keras.applications.mobilenet_v2.preprocess_input(pixels.copy())
    application = functools.partial(keras.applications.MobileNetV2, alpha=0.35)
    published, path = published_network.save(application, tmp_path, preprocessed)
    config = mobilenet_v2.Config(output_stride=32, alpha=0.35, weights=path)
    levels = mobilenet_v2.build(config, normalization.Norm("batch"))(pixels)
    for level, theirs in zip(levels, published_network.features(published, mobilenet_v2.LEVELS.values(), preprocessed)):
        published_network.assert_equal(levels[level], theirs)


def test_has_as_many_parameters_as_published() -> None:
    backbone = mobilenet_v2.build(mobilenet_v2.Config(), normalization.Norm("batch"))
    last = 320 * 1280 + 4 * 1280  # the convolution that serves the classifier
    assert backbone.count_params() + last == 2_257_984
