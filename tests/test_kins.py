"""kins: whole and seen masks by pycocotools in both releases, the order in a cluster, what is wrong with a file."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from seg_models import dataset, errors, records, truth_checks
from seg_models.datasets import kins
from tests.raw_trees import kins as tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree.make(tmp_path)


def first(root: Path, split: str = "train") -> dataset.Example:
    config = kins.Config(str(root))
    return kins.load(config, next(kins.items(config, split)))


def decoded(polygons: list[list[int]]) -> np.ndarray:
    if not polygons:
        return np.zeros((tree.HEIGHT, tree.WIDTH), bool)
    parts = coco_mask.frPyObjects(polygons, tree.HEIGHT, tree.WIDTH)
    return coco_mask.decode(coco_mask.merge(parts)).astype(bool)


def change(root: Path, spoil: Callable[[dict], None]) -> None:
    path = root / "update_train_2020.json"
    content = json.loads(path.read_text())
    spoil(content)
    path.write_text(json.dumps(content))


def check(example: dataset.Example) -> None:
    """Whether a record's masks are those of OBJECTS."""
    example = records.decode(records.encode(example))
    for number, thing in enumerate(example.objects):
        source = tree.annotation(number, 0)
        np.testing.assert_array_equal(thing.amodal, decoded(source["a_segm"]))
        np.testing.assert_array_equal(truth_checks.visible(example, thing), decoded(source["i_segm"]))
        assert kins.INFO.names[thing.category] == tree.CATEGORIES[source["category_id"] - 1]
    assert len(example.objects) == 4 and not example.findings


def test_the_release_of_2020(root: Path) -> None:
    config = kins.Config(str(root))
    assert [item.key for item in kins.items(config, "train")] == ["training/000000", "training/000003"]
    assert [item.key for item in kins.items(config, "eval")] == ["testing/000000", "testing/000001"]
    example = first(root)
    check(example)
    assert [thing.depth for thing in example.objects] == [0, 1, 1, 0]
    assert [thing.source_id for thing in example.objects] == [0, 1, 2, 3]
    assert example.objects[2].instance == 0, "it is hidden wholly"
    assert json.loads(example.annotation)["annotations"][1]["oco_id"] == 1
    assert kins.found(config) == f"KINS: {root}/update_train_2020.json, {root}/update_test_2020.json"


def test_the_first_release(root: Path) -> None:
    for file, old in zip(kins.RELEASES[0].values(), kins.RELEASES[1].values()):
        content = json.loads((root / file).read_text())
        for entry in content["annotations"]:
            runs = coco_mask.encode(np.asfortranarray(decoded(entry.pop("i_segm")).astype(np.uint8)))
            entry["inmodal_seg"] = runs | {"counts": runs["counts"].decode()}
            entry["inmodal_bbox"] = entry.pop("i_bbox")
            entry |= {"segmentation": entry.pop("a_segm"), "area": entry.pop("a_area"), "bbox": entry.pop("a_bbox")}
            for name in ("i_area", "oco_id", "ico_id"):
                del entry[name]
        content["categories"] = [each for each in content["categories"] if each["name"] != "rider"]
        (root / file).unlink()
        (root / old).write_text(json.dumps(content))
    example = first(root, "eval")
    check(example)
    assert {thing.depth for thing in example.objects} == {None}


def test_the_published_zip_of_images(root: Path) -> None:
    with zipfile.ZipFile(root / "data_object_image_2.zip", "w") as archive:
        for path in sorted(root.glob("t*/image_2/*.png")):
            archive.write(path, path.relative_to(root))
            path.unlink()
    for folder in ("training", "testing"):
        (root / folder / "image_2").rmdir()
        (root / folder).rmdir()
    check(first(root))


@pytest.mark.parametrize(
    ("values", "kind", "text"),
    [
        ({"a_area": 300}, "area", "annotation 0 of training/000000, whole has the `area` 300, but 144 pixels"),
        ({"i_bbox": [2, 4, 3, 3]}, "box", "as seen has the `bbox` .* but its mask fills .* = .2, 4, 12, 12."),
        ({"a_segm": [[1, 1, 2, 2]], "a_area": 0}, "empty", "whole has a mask without a pixel"),
    ],
)
def test_doubts(root: Path, values: dict[str, object], kind: str, text: str) -> None:
    change(root, lambda content: content["annotations"][0].update(values))
    (finding,) = first(root).findings
    assert finding.kind == kind
    assert re.search(text, finding.text)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"category_id": 9}, "unknown `category_id` 9"),
        ({"ico_id": -1}, "`ico_id` is -1"),
        ({"i_segm": {"size": [1, 1], "counts": [1]}}, "as seen: the run lengths are for `size`"),
    ],
)
def test_malformed_annotations_are_named(root: Path, values: dict[str, object], message: str) -> None:
    change(root, lambda content: content["annotations"][0].update(values))
    with pytest.raises(errors.DataError, match=f"annotation 0 of training/000000.*{message}"):
        first(root)


def test_missing_parts_are_named(root: Path) -> None:
    change(root, lambda content: content["annotations"][0].pop("a_segm"))
    with pytest.raises(errors.DataError, match="whole: no `a_segm` or `segmentation` in it; it has id, image_id"):
        first(root)
    change(root, lambda content: content["categories"][3].update(name="truck"))
    with pytest.raises(errors.UserError, match="has the category truck with the `id` 4; in this data set 4 is car"):
        first(root)
    (root / "testing").rename(root / "elsewhere")
    with pytest.raises(
        errors.UserError, match="no testing/image_2 in it; expected the images of .*update_test_2020.json"
    ):
        first(root, "eval")
    with pytest.raises(
        errors.UserError, match="not KINS; expected update_train_2020.json and update_test_2020.json or"
    ):
        first(root / "elsewhere")
