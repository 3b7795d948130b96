"""The COCO panoptic format: what is read, and what is refused where JSON and PNG disagree."""

import copy
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import errors, image_files, metric
from seg_models.raw import coco_panoptic

LARGE_ID = 70 + 80 * 256 + 90 * 65536
IDS = np.array([[1, 1, LARGE_ID], [1, 0, LARGE_ID]])
CONTENT = {
    "categories": [
        {"id": 17, "name": "cat", "isthing": 1},
        {"id": 3, "name": "sky", "isthing": 0},
        {"id": 4, "name": "cat", "isthing": 0},
    ],
    "annotations": [
        {
            "image_id": 5,
            "file_name": "a.png",
            "segments_info": [
                {"id": 1, "category_id": 3, "area": 3, "iscrowd": 0},
                {"id": LARGE_ID, "category_id": 17, "area": 2.0, "iscrowd": 1},
            ],
        }
    ],
}


def write_ids(path: Path, ids: np.ndarray) -> None:
    """Writes integer [H, W] ids as an RGB PNG."""
    Image.fromarray(np.stack([ids % 256, ids // 256 % 256, ids // 65536], -1).astype(np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_ids(tmp_path / "a.png", IDS)
    return tmp_path


def read(
    folder: Path, change: Callable[[dict], object] = lambda content: None
) -> tuple[coco_panoptic.Truth, metric.Maps]:
    """Reads the truth of CONTENT after a change."""
    content = copy.deepcopy(CONTENT)
    change(content)
    (folder / "truth.json").write_text(json.dumps(content))
    truth = coco_panoptic.read_truth(folder / "truth.json")
    return truth, coco_panoptic.read_maps(folder, truth.annotations[5], truth.info)


def test_truth(folder: Path) -> None:
    truth, maps = read(folder)
    assert truth.info.names == ("cat (17)", "sky", "cat (4)")
    assert truth.info.thing_ids == (0,)
    assert maps.panoptic.tolist() == [[1, 1, 2], [1, 0, 2]]
    assert maps.segments == {1: metric.Segment(1), 2: metric.Segment(0, is_crowd=True)}
    assert maps.semantic.tolist() == [[1, 1, 0], [1, 255, 0]]


def test_predictions_need_neither_area_nor_crowd_and_wrong_ones_do_not_matter(folder: Path) -> None:
    truth, _ = read(folder)
    segments = [{"id": 1, "category_id": 4, "area": 99, "iscrowd": 1}, {"id": LARGE_ID, "category_id": 3}]
    content = {"annotations": [{"image_id": 5, "file_name": "a.png", "segments_info": segments}]}
    (folder / "prediction.json").write_text(json.dumps(content))
    predictions = coco_panoptic.read_predictions(folder / "prediction.json", truth)
    maps = coco_panoptic.read_maps(folder, predictions[5], truth.info)
    assert maps.segments == {1: metric.Segment(2), 2: metric.Segment(1)}


def test_image_without_segments_is_all_void(folder: Path) -> None:
    write_ids(folder / "a.png", IDS * 0)
    _, maps = read(folder, lambda content: content["annotations"][0].update(segments_info=[]))
    assert maps.segments == {} and (maps.semantic == 255).all() and not maps.panoptic.any()


def test_area_may_be_absent(folder: Path) -> None:
    read(folder, lambda content: content["annotations"][0]["segments_info"][0].pop("area"))


def segment(content: dict) -> dict:
    return content["annotations"][0]["segments_info"][0]


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda c: segment(c).update(area=4), r"truth.json: segment 1 of a.png has `area` 4, but 3 pixels"),
        (lambda c: segment(c).update(area=0), r"has `area` 0, but 3 pixels"),
        (
            lambda c: segment(c).update(category_id=18),
            r"truth.json: image 5: segment 1 has the unknown `category_id` 18",
        ),
        (lambda c: segment(c).update(id=2), r"a.png: segment 1 is in the PNG, but not listed in .*truth.json"),
        (lambda c: segment(c).update(id=0), r"image 5: segment 0 has no possible id; expected 1..16777215"),
        (lambda c: segment(c).update(id="1"), r"no possible id"),
        (lambda c: segment(c).update(id=2**24), r"no possible id"),
        (lambda c: segment(c).update(id=LARGE_ID), r"image 5: segment 5918790 is listed more than once"),
        (lambda c: segment(c).pop("category_id"), r"image 5: segment 1 has no `category_id`"),
        (
            lambda c: c["annotations"][0]["segments_info"].append({"id": 9, "category_id": 3, "area": 0}),
            r"truth.json: segment 9 is listed, but no pixel of .*a.png has its id",
        ),
        (lambda c: c["annotations"].append(c["annotations"][0]), r"truth.json: image 5 is listed more than once"),
        (lambda c: c["annotations"].clear(), r"`annotations` is empty"),
        (lambda c: c.pop("annotations"), r"truth.json has no `annotations`; expected the COCO panoptic format"),
        (lambda c: c["annotations"][0].pop("file_name"), r"image 5 has no `file_name`"),
        (lambda c: c["annotations"][0].update(file_name="b.png"), r"b.png: the file is missing"),
        (lambda c: c["categories"].clear(), r"`categories` is empty"),
        (lambda c: c["categories"].append(c["categories"][0]), r"category 17 is listed more than once"),
        (lambda c: c["categories"][1].pop("isthing"), r"truth.json: category 3 has no `isthing`"),
    ],
)
def test_disagreement_is_refused_by_name(folder: Path, change: Callable[[dict], object], message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        read(folder, change)


def test_unreadable_json_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="truth.json: the file is missing"):
        coco_panoptic.read_truth(tmp_path / "truth.json")
    (tmp_path / "truth.json").write_text("{")
    with pytest.raises(errors.UserError, match="truth.json: no JSON"):
        coco_panoptic.read_truth(tmp_path / "truth.json")
    (tmp_path / "truth.json").write_text("[]")
    with pytest.raises(errors.UserError, match="truth.json has no `categories`"):
        coco_panoptic.read_truth(tmp_path / "truth.json")


@pytest.mark.parametrize("mode", ["L", "P"])
def test_png_that_is_not_rgb_is_refused(folder: Path, mode: str) -> None:
    Image.fromarray(IDS.astype(np.uint8)).convert(mode).save(folder / "a.png")
    with pytest.raises(errors.DataError, match=f"a.png: the image has mode {mode}; expected RGB"):
        read(folder)


def test_alpha_is_no_part_of_the_id(folder: Path) -> None:
    ids = image_files.read_segment_ids(folder / "a.png")
    Image.open(folder / "a.png").convert("RGBA").save(folder / "b.png")
    assert ids.tolist() == IDS.tolist() == image_files.read_segment_ids(folder / "b.png").tolist()
