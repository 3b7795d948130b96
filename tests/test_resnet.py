"""ResNets: that of keras.applications, weights file included; the paper's parameters; deep stem; multi-grid."""

from pathlib import Path

import keras
import pytest

from seg_models import errors
from seg_models.backbones import resnet
from seg_models.layers import normalization
from tests import published_network

LEVELS = {
    "1": "conv1_relu",
    "2": "conv2_block3_out",
    "3": "conv3_block4_out",
    "4": "conv4_block6_out",
    "5": "conv5_block3_out",
}

BATCH = normalization.Norm("batch")


def test_is_the_published_network(tmp_path: Path) -> None:
    pixels = published_network.image(64, 64)
    preprocessed = keras.applications.resnet50.preprocess_input(pixels.copy())
    published, path = published_network.save(keras.applications.ResNet50, tmp_path, preprocessed)
    levels = resnet.build(resnet.Config(output_stride=32, weights=path), BATCH)(pixels)
    for level, theirs in zip(levels, published_network.features(published, LEVELS.values(), preprocessed)):
        published_network.assert_equal(levels[level], theirs)


@pytest.mark.parametrize(
    ("depth", "blocks", "published"),
    [
        (50, (3, 4, 6, 3), 23_587_712),
        (101, (3, 4, 23, 3), 42_658_176),
        pytest.param(152, (3, 8, 36, 3), 58_370_944, marks=pytest.mark.slow),
    ],
)
def test_has_the_parameters_of_the_paper(depth: int, blocks: tuple[int, ...], published: int) -> None:
    assert resnet.build(resnet.Config(depth=depth), BATCH).count_params() == published
    assert parameters((7 * 7 * 3 * 64, 64), blocks, stem_channels=64, biases=True) == published


def test_has_the_parameters_of_the_deep_stem() -> None:
    backbone = resnet.build(resnet.Config(stem="deep"), BATCH)
    stem = 9 * (3 * 64 + 64 * 64 + 64 * 128)
    assert backbone.count_params() == parameters((stem, 64 + 64 + 128), (3, 4, 6, 3), stem_channels=128, biases=False)
    assert backbone.output["1"].shape[-1] == 128


def parameters(stem: tuple[int, int], blocks: tuple[int, ...], *, stem_channels: int, biases: bool) -> int:
    """Of table 1: kernels, and for each channel that a convolution makes 4 numbers of its normalisation and a bias."""
    kernels, made = stem
    channels = stem_channels
    for width, count in zip((64, 128, 256, 512), blocks):
        for block in range(count):
            out = 4 * width
            kernels += channels * width + 9 * width * width + width * out + (channels * out if block == 0 else 0)
            made += 2 * width + out + (out if block == 0 else 0)
            channels = out
    return kernels + made * (5 if biases else 4)


@pytest.mark.parametrize(("output_stride", "expected"), [(32, (1, 2, 4)), (16, (2, 4, 8)), (8, (4, 8, 16))])
def test_multi_grid_multiplies_the_last_stages_rates(output_stride: int, expected: tuple[int, ...]) -> None:
    backbone = resnet.build(resnet.Config(output_stride=output_stride, multi_grid=(1, 2, 4)), BATCH)
    rates = [backbone.get_layer(f"conv5_block{block}_2_conv").dilation_rate[0] for block in (1, 2, 3)]
    assert tuple(rates) == expected
    assert backbone.get_layer("conv4_block6_2_conv").dilation_rate[0] == (2 if output_stride == 8 else 1)


def test_pretrained_weights_need_the_normalisation_that_they_were_learnt_with() -> None:
    with pytest.raises(errors.UserError, match="`norm.kind` is none, but the pretrained network has batch norm"):
        resnet.build(resnet.Config(weights="weights.h5"), normalization.Norm("none"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depth": 34}, "`depth` is 34; expected one of 50, 101, 152"),
        ({"stem": "wide"}, "No `wide` among the kinds of `stem`"),
        ({"multi_grid": (1, 2)}, "`multi_grid` is .1, 2.; expected three positive numbers"),
        ({"stem": "deep", "weights": "imagenet"}, "keras.applications has no weights for the `stem` deep"),
    ],
)
def test_what_there_is_not(changes: dict[str, object], message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        resnet.Config(**changes)
