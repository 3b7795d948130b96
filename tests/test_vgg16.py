"""VGG-16 equals the one of keras.applications, weights file included."""

from pathlib import Path

import keras
import numpy as np

from seg_models.backbones import vgg16
from seg_models.layers import normalization

MEAN = (103.939, 116.779, 123.68)  # of ImageNet: blue, green, red

# Configuration D of the paper's table 1: the channels of the 3x3 convolutions between two poolings.
CONFIGURATION_D = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def test_has_the_parameters_of_the_paper() -> None:
    channels = [3, *(width for block in CONFIGURATION_D for width in block)]
    expected = sum((9 * before + 1) * after for before, after in zip(channels, channels[1:]))
    assert vgg16.build(vgg16.Config(), normalization.Norm()).count_params() == expected == 14_714_688


def test_is_the_published_network(tmp_path: Path) -> None:
    image = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    published = keras.applications.VGG16(include_top=False, weights=None)
    path = tmp_path / "vgg16.h5"
    published.save_weights(path)

    levels = vgg16.build(vgg16.Config(output_stride=32, weights=str(path)), normalization.Norm())(image)

    tapped = keras.Model(published.input, [published.get_layer(name).output for name in vgg16.LEVELS.values()])
    for ours, theirs in zip((levels[level] for level in vgg16.LEVELS), tapped(image[..., ::-1] - MEAN)):
        np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())
