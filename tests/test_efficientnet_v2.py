"""EfficientNetV2 equals the one of keras.applications, its own preprocessing and weights file included."""

from pathlib import Path

import keras
import pytest

from seg_models import errors
from seg_models.backbones import efficientnet_v2
from seg_models.layers import normalization
from tests import published_network

BATCH = normalization.Norm("batch")

CASES = {
    "b0": (
        keras.applications.EfficientNetV2B0,
        ("block1a_project_activation", "block2b_add", "block3b_add", "block5e_add", "block6h_add"),
    ),
    "s": (
        keras.applications.EfficientNetV2S,
        ("block1b_add", "block2d_add", "block3d_add", "block5i_add", "block6o_add"),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("variant", CASES)
def test_is_the_published_network(tmp_path: Path, variant: str) -> None:
    application, names = CASES[variant]
    pixels = published_network.image(64, 64)
    published, path = published_network.save(application, tmp_path, pixels)
    config = efficientnet_v2.Config(output_stride=32, variant=variant, weights=path)
    levels = efficientnet_v2.build(config, BATCH)(pixels)
    for level, theirs in zip(levels, published_network.features(published, names, pixels)):
        published_network.assert_equal(levels[level], theirs)


def test_has_as_many_parameters_as_published_and_stochastic_depth_grows() -> None:
    backbone = efficientnet_v2.build(efficientnet_v2.Config(drop_path=0.1), BATCH)
    drops = [layer for layer in backbone.layers if layer.name.endswith("_drop")]
    states = sum(weight.shape[0] for layer in drops for weight in layer.weights)
    last = 192 * 1280 + 4 * 1280  # the convolution that serves the classifier
    assert backbone.count_params() - states + last == 5_919_312
    # 21 blocks; the first that is added to its input is the 3rd.
    rates = [layer.rate for layer in drops]
    assert rates[0] == pytest.approx(0.1 * 2 / 21) and rates[-1] == pytest.approx(0.1 * 20 / 21)
    assert rates == sorted(rates)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variant": "b7"}, "No `b7` among the kinds of `variant`"),
        ({"drop_path": -0.1}, "`drop_path` is -0.1; expected 0 or more, and less than 1"),
    ],
)
def test_what_there_is_not(changes: dict[str, object], message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        efficientnet_v2.Config(**changes)
