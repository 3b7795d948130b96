"""Mix Transformer: the published sizes, levels of any image, positions, drop path."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import config as settings
from seg_models import errors
from seg_models.backbones import mix_transformer
from seg_models.layers import drop_path, normalization

NORM = normalization.Norm()
TINY = mix_transformer.Config(widths=(4, 8, 8, 16), depths=(2, 1, 1, 1), heads=(1, 2, 2, 4))

# Table 6 of the paper: widths, depths; millions of weights by tables 1 and 2.
PUBLISHED = {
    "B0": ((32, 64, 160, 256), (2, 2, 2, 2), 3.4),
    "B1": ((64, 128, 320, 512), (2, 2, 2, 2), 13.1),
    "B2": ((64, 128, 320, 512), (3, 4, 6, 3), 24.2),
    "B3": ((64, 128, 320, 512), (3, 4, 18, 3), 44.0),
    "B4": ((64, 128, 320, 512), (3, 8, 27, 3), 60.8),
    "B5": ((64, 128, 320, 512), (3, 6, 40, 3), 81.4),
}


def by_the_table(widths: tuple[int, ...], depths: tuple[int, ...]) -> int:
    """The weights of an encoder, from equations 1 to 3 and table 6."""
    total, inputs = 0, 3
    for width, depth, patch, reduction in zip(widths, depths, (7, 3, 3, 3), (8, 4, 2, 1)):
        norm = 2 * width
        embedding = patch * patch * inputs * width + width + norm
        attention = 4 * width * width + 4 * width  # queries, keys, values, projection
        if reduction > 1:
            attention += reduction**2 * width * width + width + norm
        mix_ffn = 2 * 4 * width * width + 4 * width + width + (9 + 1) * 4 * width
        total += embedding + depth * (norm + attention + norm + mix_ffn) + norm
        inputs = width
    return total


@pytest.mark.parametrize("name", PUBLISHED)
def test_has_the_published_size(name: str) -> None:
    """To a tenth of a million, as well as the paper's tables agree: B0's layers of table 6 have 3.32, not 3.4."""
    widths, depths, published = PUBLISHED[name]
    config = getattr(mix_transformer, name)
    assert (config.widths, config.depths) == (widths, depths)
    assert by_the_table(widths, depths) / 1e6 == pytest.approx(published, abs=0.1)


def test_is_the_architecture_of_the_table() -> None:
    backbone = mix_transformer.build(TINY, NORM)
    weights = sum(int(np.prod(variable.shape)) for variable in backbone.trainable_variables)
    assert weights == by_the_table(TINY.widths, TINY.depths)


def test_levels_have_their_strides_at_any_size() -> None:
    backbone = mix_transformer.build(TINY, NORM)
    for height, width in ((64, 96), (45, 70), (5, 9), (1, 1)):
        sizes = {level: tuple(features.shape) for level, features in backbone(tf.ones((2, height, width, 3))).items()}
        assert sizes == {
            str(level): (2, -(-height // 2**level), -(-width // 2**level), channels)
            for level, channels in zip((2, 3, 4, 5), TINY.widths)
        }


def test_pixels_are_normalised_by_those_of_imagenet() -> None:
    backbone = mix_transformer.build(TINY, NORM)
    grey = keras.Model(backbone.input, backbone.get_layer("normalization").output)(tf.fill((1, 1, 1, 3), 127.5))
    np.testing.assert_allclose(grey[0, 0, 0] * [0.229, 0.224, 0.225], 0.5 - np.array([0.485, 0.456, 0.406]), atol=1e-6)


def test_every_pixel_sees_the_whole_image() -> None:
    backbone, image = mix_transformer.build(TINY, NORM), tf.random.stateless_uniform((1, 64, 64, 3), [1, 2]) * 255
    with tf.GradientTape() as tape:
        tape.watch(image)
        corner = tf.reduce_sum(backbone(image)["2"][0, 0, 0] ** 2)
    assert (np.abs(tape.gradient(corner, image)).sum((0, 3)) > 0).mean() > 0.99


def test_padding_tells_positions() -> None:
    """Section 3.1: there is no positional code, but a uniform image has features that differ from place to place."""
    features = mix_transformer.build(TINY, NORM)(tf.fill((1, 64, 64, 3), 200.0))["2"].numpy()[0]
    assert np.abs(features[0, 0] - features[8, 8]).max() > 1e-3
    assert np.abs(features[0, 8] - features[8, 0]).max() > 1e-6


def test_drop_path_rises_evenly_to_the_last_block() -> None:
    backbone = mix_transformer.build(dataclasses.replace(TINY, drop_path=0.2), NORM)
    rates = [layer.rate for layer in backbone.layers if isinstance(layer, drop_path.DropPath)]
    assert rates == pytest.approx([0.05, 0.05, 0.1, 0.1, 0.15, 0.15, 0.2, 0.2])


def test_settings() -> None:
    assert settings.from_json(settings.to_json(mix_transformer.B5)) == mix_transformer.B5
    assert not mix_transformer.B5.pretrained
    for changes, message in (
        ({"output_stride": 16}, "`output_stride` is 16"),
        ({"depths": (1, 1, 1)}, "`depths`"),
        ({"heads": (3, 2, 2, 4)}, "`heads` has 3 for 4"),
        ({"drop_path": 1.0}, "`drop_path`"),
    ):
        with pytest.raises(errors.UserError, match=message):
            dataclasses.replace(TINY, **changes)
