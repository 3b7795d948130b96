"""What becomes of strides beyond the output stride."""

import pytest

from seg_models import dilation, errors


def test_strides_up_to_the_output_stride_stay() -> None:
    assert dilation.plan(8, 2, 16) == (2, 1)
    assert dilation.plan(16, 2, 32) == (2, 1)


def test_the_convolution_that_loses_its_stride_is_not_yet_dilated() -> None:
    assert dilation.plan(16, 2, 16) == (1, 1)
    assert dilation.plan(8, 2, 8) == (1, 1)


def test_what_follows_is_dilated_by_all_the_lost_strides() -> None:
    assert dilation.plan(32, 1, 16) == (1, 2)
    assert dilation.plan(16, 2, 8) == (1, 2)
    assert dilation.plan(32, 1, 8) == (1, 4)


def test_an_output_stride_that_no_backbone_has() -> None:
    with pytest.raises(errors.UserError, match="`output_stride` is 12; expected one of 8, 16, 32"):
        dilation.check(12)
