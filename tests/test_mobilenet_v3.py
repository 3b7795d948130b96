"""MobileNetV3 equals the one of keras.applications, weights file included; the reduced tail."""

import functools
from pathlib import Path

import keras
import pytest

from seg_models import errors
from seg_models.backbones import mobilenet_v3
from seg_models.layers import normalization
from tests import published_network

BATCH = normalization.Norm("batch")

CASES = {
    "large": (
        keras.applications.MobileNetV3Large,
        ("expanded_conv/Add", "expanded_conv_2/Add", "expanded_conv_5/Add", "expanded_conv_11/Add"),
    ),
    "small": (
        keras.applications.MobileNetV3Small,
        (None, "expanded_conv/project/BatchNorm", "expanded_conv_2/Add", "expanded_conv_7/Add"),
    ),
}


@pytest.mark.parametrize(("variant", "alpha"), [("small", 1.0), ("large", 0.75)])
def test_is_the_published_network(tmp_path: Path, variant: str, alpha: float) -> None:
    application, names = CASES[variant]
    pixels = published_network.image(64, 64)
    published, path = published_network.save(functools.partial(application, alpha=alpha), tmp_path, pixels)
    config = mobilenet_v3.Config(output_stride=32, variant=variant, alpha=alpha, weights=path)
    # Whatever epsilon the user sets: the statistics were learnt with the published one.
    levels = mobilenet_v3.build(config, normalization.Norm("batch", epsilon=0.5))(pixels)
    known = {level: name for level, name in zip("1234", names) if name}
    theirs = published_network.features(published, known.values(), pixels)
    for level, each in zip((*known, "5"), (*theirs, published(pixels))):
        published_network.assert_equal(levels[level], each)


@pytest.mark.parametrize(("variant", "published"), [("large", 2_996_352), ("small", 939_120)])
def test_has_as_many_parameters_as_published(variant: str, published: int) -> None:
    assert mobilenet_v3.build(mobilenet_v3.Config(variant=variant), BATCH).count_params() == published


def test_the_reduced_tail_has_half_the_channels() -> None:
    levels = mobilenet_v3.build(mobilenet_v3.Config(reduced=True), BATCH).output
    assert [levels[level].shape[-1] for level in "12345"] == [16, 24, 40, 112, 480]


def test_pretrained_weights_need_the_normalisation_that_they_were_learnt_with() -> None:
    with pytest.raises(errors.UserError, match="`norm.kind` is none, but the pretrained network has batch norm"):
        mobilenet_v3.build(mobilenet_v3.Config(weights="weights.h5"), normalization.Norm("none"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variant": "medium"}, "No `medium` among the kinds of `variant`"),
        ({"alpha": 0.0}, "`alpha` is 0.0; expected a positive number"),
        ({"reduced": True, "weights": "imagenet"}, "keras.applications has none for half the channels"),
    ],
)
def test_what_there_is_not(changes: dict[str, object], message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        mobilenet_v3.Config(**changes)
