"""The aligned Xception: the parameters of figure 4, where its levels are tapped, multi-grid."""

import keras
import pytest

from seg_models import errors
from seg_models.backbones import xception65
from seg_models.layers import normalization

BATCH = normalization.Norm("batch")

ENTRY = [(64, (128,) * 3), (128, (256,) * 3), (256, (728,) * 3)]
ENTRY_71 = [*ENTRY[:2], (256, (256,) * 3), (256, (728,) * 3), (728, (728,) * 3)]


def separable(before: int, after: int) -> int:
    """Depthwise and 1x1 convolution, each with the 4 numbers a channel of its normalisation."""
    return 9 * before + 4 * before + before * after + 4 * after


def block(before: int, widths: tuple[int, ...]) -> int:
    """Three separable convolutions."""
    return sum(separable(*pair) for pair in zip((before, *widths), widths))


@pytest.mark.parametrize(
    ("depth", "entry", "middle"),
    [(41, ENTRY, 8), (65, ENTRY, 16), pytest.param(71, ENTRY_71, 16, marks=pytest.mark.slow)],
)
def test_has_the_parameters_of_the_figure(depth: int, entry: list[tuple[int, tuple[int, ...]]], middle: int) -> None:
    expected = 27 * 32 + 4 * 32 + 9 * 32 * 64 + 4 * 64
    for before, widths in [*entry, (728, (728, 1024, 1024))]:
        expected += block(before, widths) + before * widths[-1] + 4 * widths[-1]
    expected += middle * block(728, (728,) * 3) + block(1024, (1536, 1536, 2048))
    backbone = xception65.build(xception65.Config(depth=depth), BATCH)
    assert backbone.count_params() == expected


def test_levels_are_tapped_where_deeplabs_are() -> None:
    backbone = xception65.build(xception65.Config(depth=41), BATCH)
    for level, block_name, channels in (("2", "block2", 256), ("3", "block3", 728)):
        layer = backbone.get_layer(f"entry_flow_{block_name}_separable_conv2_pointwise_bn")
        assert backbone.output[level] is layer.output
        assert layer.output.shape[-1] == channels
    assert [backbone.output[level].shape[-1] for level in "145"] == [64, 728, 2048]


def test_multi_grid_and_dilation() -> None:
    backbone = xception65.build(xception65.Config(output_stride=8, depth=41, multi_grid=(1, 2, 4)), BATCH)

    def rates(name: str) -> list[int]:
        layers = (backbone.get_layer(f"{name}_separable_conv{index}_depthwise") for index in (1, 2, 3))
        return [layer.dilation_rate[0] for layer in layers]

    assert rates("entry_flow_block3") == [1, 1, 1]
    assert rates("middle_flow_block1_unit_1") == rates("exit_flow_block1") == [2, 2, 2]
    assert rates("exit_flow_block2") == [4, 8, 16]


@pytest.mark.parametrize(("inner_relu", "inner"), [(True, 13 * 3), (False, 3)])
def test_a_relu_within_every_separable_convolution_or_the_last_three(inner_relu: bool, inner: int) -> None:
    backbone = xception65.build(xception65.Config(depth=41, inner_relu=inner_relu), BATCH)
    relus = sum(isinstance(layer, keras.layers.ReLU) for layer in backbone.layers)
    assert relus == inner + 13 * 3 + 2, "one before or after each separable convolution, and two in the stem"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depth": 50}, "`depth` is 50; expected one of 41, 65, 71"),
        ({"multi_grid": (0, 1, 1)}, "`multi_grid` is .0, 1, 1.; expected three positive numbers"),
    ],
)
def test_what_there_is_not(changes: dict[str, object], message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        xception65.Config(**changes)
