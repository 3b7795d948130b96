"""Masks of COCO segmentations: against pycocotools, against counting by hand, and what would harm its C code."""

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from seg_models import errors
from seg_models.raw import rle

WHERE = "a.json: annotation 7"
# Columns first: 2 background, 3 object, 1 background.
MASK = np.array([[0, 1, 1], [0, 1, 0]], bool)


def test_runs_by_hand() -> None:
    found = rle.mask_of({"size": [2, 3], "counts": [2, 3, 1]}, 2, 3, WHERE)
    assert found.dtype == bool and found.flags.c_contiguous
    assert found.tolist() == MASK.tolist()
    assert rle.area({"size": [2, 3], "counts": [2, 3, 1]}, 2, 3, WHERE) == 3


def test_compressed_runs_by_hand() -> None:
    assert rle.of_mask(MASK) == {"size": [2, 3], "counts": "231"}
    assert rle.mask_of({"size": [2, 3], "counts": "231"}, 2, 3, WHERE).tolist() == MASK.tolist()


@pytest.mark.parametrize("seed", range(20))
def test_compressed_runs_against_pycocotools(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 200, 2).tolist()
    coarse = rng.random((height // 7 + 1, width // 9 + 1)) < rng.random()
    mask = np.kron(coarse, np.ones((7, 9), bool))[:height, :width].astype(bool) ^ (rng.random((height, width)) < 0.02)
    runs = rle.of_mask(mask)
    assert runs == json.loads(json.dumps(runs))
    np.testing.assert_array_equal(coco_mask.decode(runs).astype(bool), mask)
    np.testing.assert_array_equal(rle.mask_of(runs, height, width, WHERE), mask)
    assert rle.area(runs, height, width, WHERE) == mask.sum()


def test_polygons_by_hand() -> None:
    square = [1.0, 1.0, 3.0, 1.0, 3.0, 3.0, 1.0, 3.0]
    expected = np.zeros((4, 5), bool)
    expected[1:3, 1:3] = True
    np.testing.assert_array_equal(rle.mask_of([square], 4, 5, WHERE), expected)
    expected[0, 4] = True
    two = [square, [4, 0, 5, 0, 5, 1, 4, 1]]
    np.testing.assert_array_equal(rle.mask_of(two, 4, 5, WHERE), expected)
    assert rle.area(two, 4, 5, WHERE) == 5


def test_a_point_and_a_line_have_no_area() -> None:
    assert not rle.mask_of([[1, 1], [0, 0, 3, 3], []], 4, 4, WHERE).any()


def test_polygons_may_leave_the_image() -> None:
    assert rle.mask_of([[-3, -3, 9, -3, 9, 9, -3, 9]], 4, 6, WHERE).all()


def test_real_annotations_equal_pycocotools(shared_data: Path) -> None:
    content = json.loads((shared_data / "coco_instances/annotations/instances_train2017.json").read_text())
    sizes = {image["id"]: (image["height"], image["width"]) for image in content["images"]}
    for annotation in content["annotations"][:200]:
        height, width = sizes[annotation["image_id"]]
        encoded = coco_mask.frPyObjects(annotation["segmentation"], height, width)
        truth = coco_mask.decode(coco_mask.merge(encoded) if isinstance(encoded, list) else encoded).astype(bool)
        np.testing.assert_array_equal(rle.mask_of(annotation["segmentation"], height, width, WHERE), truth)


@pytest.mark.parametrize(
    "segmentation, message",
    [
        ({"size": [3, 2], "counts": [2, 3, 1]}, r"7: the run lengths are for `size` `\[3, 2\]`; .* = \[2, 3\]"),
        ({"size": [2, 3], "counts": [2, 3]}, "7: the run lengths add up to 5 pixels; 3x2 are 6"),
        ({"size": [2, 3], "counts": [2, -3, 7]}, r"7: `counts` is `\[2, -3, 7\]`"),
        ({"size": [2, 3], "counts": [2, 2**40]}, "7: `counts` is"),
        ({"size": [2, 3], "counts": [2.0, 4]}, "7: `counts` is"),
        ({"size": [2, 3], "counts": "2319"}, "7: the run lengths add up to 18"),
        ({"size": [2, 3], "counts": "23O9"}, "7: the run lengths add up to"),
        ({"size": [2, 3], "counts": "23o"}, "7: `counts` is `'23o'`; it is no compressed"),
        ({"size": [2, 3], "counts": "2\n1"}, "it is no compressed"),
        ({"size": [2, 3], "counts": "oooooooooooooooooo1"}, "it is no compressed"),
        ({"size": [2, 3], "counts": ""}, "add up to 0 pixels"),
        ({"size": [2, 3]}, "7: `counts` is `None`"),
        ({"counts": [6]}, "7: the run lengths are for `size` `None`"),
        (None, "7: the segmentation is `None`; expected polygons or run lengths"),
        ([[1, 2, 3]], "7: a polygon has 3 numbers; expected pairs"),
        ([[1, 2, "3", 4]], "7: a polygon is"),
        ([1, 2, 3, 4, 5, 6], "7: a polygon is `1`; expected a list"),
        ([[0, 0, 1e9, 0, 0, 1]], r"7: a polygon has the point \(1e\+09, 0\), far outside 3x2"),
        ([[0, 0, float("nan"), 0, 0, 1]], "far outside"),
        ([[0, 0, 1, float("-inf"), 0, 1]], "far outside"),
    ],
)
def test_malformed_is_refused_by_name(segmentation: object, message: str) -> None:
    for read in (rle.mask_of, rle.area):
        with pytest.raises(errors.DataError, match=message):
            read(segmentation, 2, 3, WHERE)
