"""InceptionV3: the published features, but for their place; the published size; names that depend on nothing."""

from pathlib import Path

import keras
import pytest

from seg_models.backbones import inception
from seg_models.layers import normalization
from tests import published_network

BATCH = normalization.Norm("batch")


def test_size_and_names() -> None:
    image = keras.Input((None, None, 3))
    keras.layers.Add()([image, keras.layers.Conv2D(3, 1)(image)])  # what came before must not show in names
    backbone = inception.build(inception.Config(), BATCH)
    channels = {level: features.shape[-1] for level, features in backbone.output.items()}
    assert channels == {"1": 64, "2": 192, "3": 288, "4": 768, "5": 2048}
    assert backbone.count_params() == 21_802_784 + 17_216, "23,851,784 less the classifier; factors come on top"
    assert backbone.layers[2].name == "conv2d"


@pytest.mark.slow
def test_level_2_is_the_published_networks_but_for_its_place(tmp_path: Path) -> None:
    large = published_network.image(103, 103)
    preprocessed = (large / 127.5 - 1)[:, :99, :99]
    published, path = published_network.save(keras.applications.InceptionV3, tmp_path, preprocessed)
    end = [layer.input for layer in published.layers if isinstance(layer, keras.layers.MaxPooling2D)][1]
    theirs = keras.Model(published.input, end)(preprocessed)
    backbone = inception.build(inception.Config(output_stride=32, weights=path), BATCH)
    best, second, *_ = published_network.differences(lambda pixels: backbone(pixels)["2"], large, theirs)
    assert best < 1e-4 and second > 1e-2
