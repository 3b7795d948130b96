"""Shapes as masks: sizes and places worked out by hand, and points that make no shape."""

import numpy as np
import pytest

from seg_models import errors, places
from seg_models.raw import labelme_shapes
from tests.raw_trees import labelme as tree


def draw(kind: str | None, points: list[list[float]], mask: np.ndarray | None = None) -> np.ndarray:
    shape = tree.shape("car", points, kind or "") | ({} if mask is None else {"mask": tree.in_base64(mask)})
    part = labelme_shapes.draw(shape, tree.HEIGHT, tree.WIDTH, "a.json: shape 1")
    drawn = places.whole(part, tree.HEIGHT, tree.WIDTH)
    assert drawn.dtype == bool and drawn.shape == (tree.HEIGHT, tree.WIDTH)
    return drawn


def extent(mask: np.ndarray) -> tuple[int, int, int, int]:
    """(first row, last row, first column, last column)."""
    rows, columns = mask.nonzero()
    return rows.min(), rows.max(), columns.min(), columns.max()


@pytest.mark.parametrize("kind", ["polygon", None])
def test_a_polygon_holds_its_outline(kind: str | None) -> None:
    mask = draw(kind, [[2, 3], [12, 3], [12, 8], [2, 8]])
    assert (extent(mask), mask.sum()) == ((3, 8, 2, 12), 66)


@pytest.mark.parametrize("points", [[[2, 3], [12, 8]], [[12, 8], [2, 3]], [[12, 3], [2, 8]]])
def test_a_rectangle_has_any_two_corners(points: list[list[float]]) -> None:
    mask = draw("rectangle", points)
    assert (extent(mask), mask.sum()) == ((3, 8, 2, 12), 66)


def test_a_circle_has_a_centre_and_a_point_on_it() -> None:
    mask = draw("circle", [[30, 20], [30, 26]])
    assert extent(mask) == (14, 26, 24, 36) and mask.sum() == pytest.approx(np.pi * 6.5**2, rel=0.03)
    assert np.array_equal(mask[14:27, 24:37], mask[14:27, 24:37].T)


def test_a_point_is_a_disc_of_radius_5() -> None:
    assert np.array_equal(draw("point", [[30, 20]]), draw("circle", [[30, 20], [35, 20]]))


@pytest.mark.parametrize("kind", ["line", "linestrip"])
def test_lines_are_ten_pixels_wide(kind: str) -> None:
    mask = draw(kind, [[5, 20], [50, 20]])
    assert mask[:, 25].sum() == 10 and mask[16:26, 25].all() and mask[20, 5:51].all()
    assert draw("linestrip", [[5, 20], [50, 20], [50, 2]])[3, 50]


def test_a_mask_is_pasted_between_its_points() -> None:
    part = np.array([[255, 0, 255], [0, 255, 0]], np.uint8)
    mask = draw("mask", [[7.9, 4.2], [9.9, 5.1]], part)
    assert np.array_equal(mask[4:6, 7:10], part > 0) and mask.sum() == 3


def test_what_lies_outside_is_cut_off() -> None:
    assert draw("rectangle", [[-5, -5], [3, 3]]).sum() == 16
    assert not draw("point", [[-20, -20]]).any()


@pytest.mark.parametrize(
    ("kind", "points", "message"),
    [
        ("polygon", [[1, 1], [2, 2]], "a polygon has 2 points; expected at least 3"),
        ("line", [[1, 1], [2, 2], [3, 3]], "a line has 3 points; expected 2"),
        ("linestrip", [[1, 1]], "a linestrip has 1 points; expected at least 2"),
        ("point", [], "a point has 0 points; expected 1"),
        ("cuboid", [], "the `shape_type` 'cuboid' is unknown; known: polygon, linestrip, circle"),
        ("point", [[1]], r"`points` is \[\[1\]\]; expected pairs"),
        ("point", [[float("inf"), 1]], r"the point \(inf, 1\) is far outside the 60x40 pixels"),
        ("mask", [[0, 0], [1, 1]], "`mask` is no picture in base64"),
    ],
)
def test_what_makes_no_shape(kind: str, points: list[list[float]], message: str) -> None:
    with pytest.raises(errors.DataError, match=f"^a.json: shape 1: {message}"):
        draw(kind, points)
