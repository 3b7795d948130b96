"""The small residual network."""

import keras
import pytest

from seg_models import errors
from seg_models.backbones import residual
from seg_models.layers import normalization


def test_widths_and_blocks_are_the_users() -> None:
    config = residual.Config(stem=4, widths=(4, 6, 8, 10), blocks=(1, 1, 1, 2))
    backbone = residual.build(config, normalization.Norm("batch"))
    assert [features.shape[-1] for features in backbone.output.values()] == [4, 4, 6, 8, 10]
    # 3x3 convolutions: the stem, then two a block.
    assert sum(variable.shape[:2] == (3, 3) for variable in backbone.trainable_variables) == 1 + 2 * 5


@pytest.mark.parametrize(("kind", "biases"), [("none", 1 + 3 * 4), ("group", 0)])
def test_convolutions_have_biases_where_nothing_normalises(kind: str, biases: int) -> None:
    """The stem's, and of each level's block two and the shortcut's."""
    config = residual.Config(stem=4, widths=(4, 4, 4, 4), blocks=(1, 1, 1, 1))
    layers = residual.build(config, normalization.Norm(kind)).layers
    assert sum(layer.use_bias for layer in layers if isinstance(layer, keras.layers.Conv2D)) == biases


def test_no_empty_levels() -> None:
    with pytest.raises(errors.UserError, match="must be positive"):
        residual.Config(blocks=(1, 0, 1, 1))
