"""Maps as pictures: the right colours in the right places."""

import numpy as np
import pytest

from seg_models import dataset, visualize
from tests import tiny_evaluation as tiny

ROAD, SKY, CAR = (category.color for category in tiny.INFO.categories)
DIVISOR = tiny.INFO.label_divisor


def test_semantic_colors_and_void() -> None:
    colors = visualize.color_semantic(np.array([[0, 1, 2, 255, -1, 7]]), tiny.INFO)
    assert colors.dtype == np.uint8
    assert [tuple(color) for color in colors[0]] == [ROAD, SKY, CAR, *[visualize.VOID_COLOR] * 3]


def test_stuff_keeps_its_color_and_instances_differ() -> None:
    panoptic = np.array([[0, 2 * DIVISOR + 1, 2 * DIVISOR + 2, 2 * DIVISOR + 3, dataset.VOID_16]])
    colors = [tuple(color) for color in visualize.color_panoptic(panoptic, tiny.INFO)[0]]
    assert colors[0] == ROAD
    assert colors[-1] == visualize.VOID_COLOR
    assert len(set(colors[1:4])) == 3


def test_instance_shades_stay_near_their_category() -> None:
    info = dataset.DatasetInfo(
        "two", (dataset.Category("a", (200, 60, 40), True), dataset.Category("b", (40, 60, 200), True)), ()
    )
    ids = np.arange(1, 40)[None]
    red, blue = (visualize.color_panoptic(ids + shift, info)[0].astype(int) for shift in (0, info.label_divisor))
    assert (red[:, 0] > red[:, 2]).all()
    assert (blue[:, 2] > blue[:, 0]).all()


def test_borders_lie_between_segments_only() -> None:
    segments = np.array([[1, 1, 2], [1, 1, 2], [3, 3, 3]])
    assert visualize.borders(segments).tolist() == [[False, True, False], [True, True, True], [False, False, False]]


def test_overlay_blends_image_and_colors() -> None:
    image = np.full((2, 2, 3), 100, np.uint8)
    colors = np.full((2, 2, 3), 200, np.uint8)
    same = visualize.overlay(image, colors, np.zeros((2, 2), int), opacity=0.25)
    assert same.tolist() == np.full((2, 2, 3), 125).tolist()
    split = visualize.overlay(image, colors, np.array([[0, 1], [0, 1]]), opacity=0.25)
    assert split[0].tolist() == [list(visualize.BORDER_COLOR), [125] * 3]


def test_overlay_of_a_grey_image() -> None:
    grey = np.full((3, 4), 80, np.uint8)
    assert visualize.semantic_overlay(grey, np.zeros((3, 4), int), tiny.INFO).shape == (3, 4, 3)


def test_panoptic_overlay_separates_instances_of_one_color() -> None:
    image = np.zeros((1, 4, 3), np.uint8)
    panoptic = np.array([[1, 1, 2, 2]]) + 2 * DIVISOR
    drawn = visualize.panoptic_overlay(image, panoptic, tiny.INFO)
    assert tuple(drawn[0, 1]) == visualize.BORDER_COLOR
    assert tuple(drawn[0, 0]) != visualize.BORDER_COLOR


def test_error_map() -> None:
    truth, prediction = np.array([[0, 1, 255, 2]]), np.array([[0, 2, 1, 255]])
    colors = [tuple(color) for color in visualize.error_map(truth, prediction, tiny.INFO)[0]]
    assert colors == [visualize.RIGHT_COLOR, visualize.WRONG_COLOR, visualize.VOID_COLOR, visualize.WRONG_COLOR]


def test_legend_shows_the_colors_it_names() -> None:
    drawn = visualize.legend(tiny.INFO, [0, 2], width=300)
    shown = {tuple(color) for color in drawn.reshape(-1, 3)}
    assert ROAD in shown and CAR in shown and SKY not in shown
    assert drawn.shape[1] == 300


def test_narrow_legends_grow_in_height() -> None:
    assert (
        visualize.legend(tiny.INFO, [0, 1, 2], width=80).shape[0]
        > visualize.legend(tiny.INFO, [0, 1, 2], width=600).shape[0]
    )


def test_with_legend_keeps_the_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (30, 50, 3)).astype(np.uint8)
    drawn = visualize.with_legend(picture, np.full((30, 50), 1), tiny.INFO)
    assert (drawn[:30, :50] == picture).all()
    assert SKY in {tuple(color) for color in drawn[30:].reshape(-1, 3)}


@pytest.mark.parametrize("count", [1, 3])
def test_side_by_side(count: int) -> None:
    pictures = [np.full((5, 7, 3), index, np.uint8) for index in range(count)]
    joined = visualize.side_by_side(pictures, gap=2)
    assert joined.shape == (5, 7 * count + 2 * (count - 1), 3)
    assert (joined[:, -7:] == count - 1).all()
