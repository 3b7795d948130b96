"""VGG-16 equals the one of keras.applications, weights file included."""

from pathlib import Path

import keras

from seg_models.backbones import vgg16
from seg_models.layers import normalization
from tests import published_network

# Configuration D of the paper's table 1: the channels of the 3x3 convolutions between two poolings.
CONFIGURATION_D = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def test_has_the_parameters_of_the_paper() -> None:
    channels = [3, *(width for block in CONFIGURATION_D for width in block)]
    expected = sum((9 * before + 1) * after for before, after in zip(channels, channels[1:]))
    assert vgg16.build(vgg16.Config(), normalization.Norm()).count_params() == expected == 14_714_688


def test_is_the_published_network(tmp_path: Path) -> None:
    pixels = published_network.image(64, 64)
    preprocessed = keras.applications.vgg16.preprocess_input(pixels.copy())
    published, path = published_network.save(keras.applications.VGG16, tmp_path, preprocessed)
    levels = vgg16.build(vgg16.Config(output_stride=32, weights=path), normalization.Norm())(pixels)
    for level, theirs in zip(levels, published_network.features(published, vgg16.LEVELS.values(), preprocessed)):
        published_network.assert_equal(levels[level], theirs)
