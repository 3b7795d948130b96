"""What is doubtful about COCO's annotations, and what cannot be used, named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seg_models import dataset, errors
from seg_models.datasets import coco
from seg_models.raw import coco_images
from tests.raw_trees import coco as tree


def loaded(folder: Path) -> list[dataset.Example]:
    """The examples of the train split."""
    config = coco.Config(data_dir=str(folder))
    return [coco.load(config, item) for item in coco.items(config, "train")]


@pytest.mark.parametrize(
    "changes, kind, text",
    [
        (lambda c: tree.first(c, 0).update(area=150), "area", "annotation 1000 has the `area` 150, but 224 pixels"),
        (lambda c: tree.first(c, 2).update(area=71), "area", "annotation 1002 has the `area` 71, but 70 pixels"),
        (lambda c: tree.first(c, 5).update(area="many"), "area", "annotation 1005 has the `area` many, but 384 pixels"),
        (lambda c: tree.first(c, 2).update(bbox=[22, 2, 10, 7]), "box", r"has the `bbox` \[22.* = \[20, 2, 10, 7\]"),
        (lambda c: tree.first(c, 2).update(bbox=[20, 2, 10]), "box", r"1002 has the `bbox` \[20, 2, 10\]"),
        (lambda c: tree.first(c, 0).update(segmentation=[[1, 1, 2, 2]]), "empty", "1000 has a mask without a pixel"),
        (lambda c: tree.first(c, 1)["segmentation"].append([3, 3]), "empty", "1 of 3 polygons have fewer than 3"),
        (lambda c: tree.first(c, 0).update(id=1001), "id", "several annotations have the `id` 1001"),
        (lambda c: tree.first(c, 0).update(id=2001), "id", "several annotations have the `id` 2001"),
    ],
)
def test_doubts_are_found(tmp_path: Path, changes: Callable[[dict], object], kind: str, text: str) -> None:
    assert not [example.findings for example in loaded(tree.make(tmp_path)) if example.findings]
    tree.change(tmp_path, changes)
    findings = [found for found in loaded(tmp_path)[0].findings if found.kind == kind]
    assert len(findings) == 1 and kind in dataset.FINDING_KINDS
    with pytest.raises(AssertionError, match=text):
        raise AssertionError(findings[0].text)


def test_rounded_areas_and_boxes_are_no_doubt(shared_data: Path) -> None:
    """Of the real ones only crowds are told another area than their run lengths have."""
    findings = [found for example in loaded(shared_data / "coco_instances") for found in example.findings]
    assert [found.kind for found in findings] == ["area"] * 6


@pytest.mark.parametrize(
    "changes, message",
    [
        (lambda c: tree.first(c, 0).update(category_id=12), "1000 has the unknown `category_id` 12; known are 80"),
        (lambda c: tree.first(c, 0).update(category_id="1"), "annotation 1000 has the unknown `category_id` 1"),
        (lambda c: tree.first(c, 0).pop("category_id"), "annotation 1000 has no `category_id`"),
        (lambda c: tree.first(c, 0).pop("id"), "annotation None has no `id`"),
        (lambda c: tree.first(c, 0).pop("segmentation"), "annotation 1000 has a box, but no mask"),
        (lambda c: tree.first(c, 0).update(segmentation=[]), "annotation 1000 has a box, but no mask"),
        (lambda c: tree.first(c, 0).update(segmentation=[[1, 2, 3, 4, 5]]), "annotation 1000: a polygon has 5 numbers"),
        (lambda c: tree.first(c, 2)["segmentation"].update(size=[32, 24]), r"the run lengths are for `size` `\[32"),
        (lambda c: c["images"][0].update(width=33), "000000000001.jpg: the image is 32x24, by .*train2017.json 33x24"),
        (lambda c: c["images"][0].update(file_name="b.jpg"), "train2017/b.jpg: the image is missing; .*json names it"),
    ],
)
def test_broken_items_are_named(tmp_path: Path, changes: Callable[[dict], object], message: str) -> None:
    tree.change(tree.make(tmp_path), changes)
    config = coco.Config(data_dir=str(tmp_path))
    (item,) = [item for item in coco.items(config, "train") if coco_images.content(item).image["id"] == 1]
    with pytest.raises(errors.DataError, match=message):
        coco.load(config, item)
