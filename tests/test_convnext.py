"""ConvNeXt equals the one of keras.applications, weights file included; the paper's parameters."""

from pathlib import Path

import keras
import numpy as np
import pytest

from seg_models import errors
from seg_models.backbones import convnext
from seg_models.layers import normalization
from tests import published_network

NORM = normalization.Norm("batch")


@pytest.mark.slow
def test_is_the_published_network(tmp_path: Path) -> None:
    pixels = published_network.image(64, 64)
    published, path = published_network.save(keras.applications.ConvNeXtTiny, tmp_path, pixels)
    levels = convnext.build(convnext.Config(weights=path), NORM)(pixels)
    # Ours ends levels with normalisations that are new; those of keras.applications are where the stages change.
    for index, level in enumerate("234"):
        # `input` of a nested model would be the one that it has of its own.
        end = published.get_layer(f"convnext_tiny_downsampling_block_{index}").get_input_at(0)
        theirs = keras.layers.LayerNormalization(epsilon=1e-6)(keras.Model(published.input, end)(pixels))
        published_network.assert_equal(levels[level], theirs)
    final = published.layers[-1]
    final.set_weights([np.ones(768), np.zeros(768)])
    published_network.assert_equal(levels["5"], published(pixels))


@pytest.mark.parametrize(
    ("variant", "blocks", "widths", "published"),
    [
        ("tiny", (3, 3, 9, 3), (96, 192, 384, 768), 27_820_128),
        pytest.param("base", (3, 3, 27, 3), (128, 256, 512, 1024), 87_566_464, marks=pytest.mark.slow),
    ],
)
def test_has_the_parameters_of_the_paper(
    variant: str, blocks: tuple[int, ...], widths: tuple[int, ...], published: int
) -> None:
    total = 4 * 4 * 3 * widths[0] + widths[0] + 2 * widths[0]
    for stage, (count, width) in enumerate(zip(blocks, widths)):
        if stage:
            before = widths[stage - 1]
            total += 2 * before + 2 * 2 * before * width + width
        total += count * (49 * width + width + 2 * width + 2 * 4 * width * width + 5 * width + width)
    assert total + 2 * widths[-1] == published
    backbone = convnext.build(convnext.Config(variant=variant, drop_path=0.0), NORM)
    assert backbone.count_params() == total + 2 * sum(widths), "a normalisation for each level, not for the last alone"


def test_stochastic_depth_grows() -> None:
    backbone = convnext.build(convnext.Config(drop_path=0.4), NORM)
    rates = [backbone.get_layer(f"convnext_tiny_stage_3_block_{block}_drop_path").rate for block in range(3)]
    assert rates == pytest.approx([0.4 * 15 / 17, 0.4 * 16 / 17, 0.4])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variant": "huge"}, "No `huge` among the kinds of `variant`"),
        ({"drop_path": 1.0}, "`drop_path` is 1.0; expected 0 or more, and less than 1"),
    ],
)
def test_what_there_is_not(changes: dict[str, object], message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        convnext.Config(**changes)
