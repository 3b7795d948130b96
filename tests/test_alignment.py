"""Where features lie: Caffe's crop offsets of the published FCNs, convolutions followed by hand."""

import pytest

from seg_models.layers import alignment


def test_a_convolution_that_pads_what_it_loses_moves_nothing() -> None:
    assert alignment.Grid(4, 1.5).convolved(3, padding=1) == alignment.Grid(4, 1.5)


def test_two_by_two_pooling_lies_between_its_four_pixels() -> None:
    assert alignment.Grid().convolved(2, strides=2) == alignment.Grid(2, 0.5)
    assert alignment.Grid(2, 0.5).convolved(2, strides=2) == alignment.Grid(4, 1.5)


def test_enlarging_starts_one_kernel_radius_earlier() -> None:
    # The kernel of factor 2 has 4 taps; the first feature is the middle of outputs 0..3, pixels apart.
    assert alignment.Grid(2, 0.5).enlarged(2) == alignment.Grid(1, -1.0)


def test_crop_offsets_of_the_published_networks() -> None:
    place, pools = alignment.Grid().convolved(3, padding=100), {}
    for level in range(1, 6):
        place = pools[level] = place.convolved(2, strides=2)
    scores = place.convolved(7)
    assert scores.enlarged(32).index_of(alignment.Grid()) == 19
    scores = scores.enlarged(2)
    assert pools[4].index_of(scores) == 5
    assert scores.enlarged(16).index_of(alignment.Grid()) == 27
    scores = scores.enlarged(2)
    assert pools[3].index_of(scores) == 9
    assert scores.enlarged(8).index_of(alignment.Grid()) == 31


def test_index_of_what_starts_earlier_is_negative() -> None:
    assert alignment.Grid(16, 7.5).index_of(alignment.Grid(16, -8.5)) == -1


@pytest.mark.parametrize("other", (alignment.Grid(2, 0.0), alignment.Grid(1, 0.5)))
def test_grids_that_do_not_fit(other: alignment.Grid) -> None:
    with pytest.raises(ValueError, match="does not lie on"):
        alignment.Grid().index_of(other)
