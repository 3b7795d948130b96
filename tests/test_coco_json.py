"""COCO JSON of the user's own: odd ids, what exporters leave out, real and published samples against pycocotools."""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import coco as official

from seg_models import errors, records, truth_checks
from seg_models.datasets import coco_json
from tests.raw_trees import coco as coco_tree
from tests.raw_trees import coco_json as tree


def test_categories_in_the_order_of_their_ids(tmp_path: Path) -> None:
    config = coco_json.Config(data_dir=str(tree.make(tmp_path)))
    info = coco_json.info(config)
    assert info.names == ("debris, other", "nucleus (3)", "nucleus (7)")
    assert info.raw_values == ((-1, 0), (3, 1), (7, 2))
    assert info.categories[1].color == (10, 11, 12)
    assert info.splits == ("train", "eval", "test") and info.thing_ids == (0, 1, 2)


def test_hundreds_of_objects_in_subfolders_with_foreign_names(tmp_path: Path) -> None:
    config = coco_json.Config(data_dir=str(tree.make(tmp_path)))
    items = {split: list(coco_json.items(config, split)) for split in ("train", "eval", "test")}
    assert [item.key for item in items["train"]] == [f"train/slide {n % 2}/é {n}.rf" for n in (0, 2, 1)]
    assert [len(items[split]) for split in ("eval", "test")] == [2, 1]
    example = coco_json.load(config, items["eval"][0])
    assert len(example.objects) == 302 and example.instance.max() == 302 and not example.findings
    first, second = example.objects[:2]
    assert first.mask is None and (truth_checks.visible(example, first) & second.mask).any(), "they overlap"
    assert example.objects[4].category == coco_json.info(config).names.index("debris, other")
    decoded = records.decode(records.encode(example))
    assert [thing.source_id for thing in decoded.objects] == [thing.source_id for thing in example.objects]


def test_images_are_held_out_alike_whatever_the_order(tmp_path: Path) -> None:
    content = {"categories": [{"id": 1, "name": "a"}], "annotations": []}
    content["images"] = [{"id": number, "file_name": f"{number}.jpg"} for number in range(50)]
    for entry in content["images"]:
        coco_tree.save_image(tmp_path / entry["file_name"], np.random.default_rng(0))
    held_out = []
    for several in (content["images"], content["images"][::-1]):
        coco_tree.write(tmp_path / "a.json", {**content, "images": several})
        config = coco_json.Config(data_dir=str(tmp_path), eval_fraction=0.3)
        held_out.append({item.key for item in coco_json.items(config, "eval")})
    assert held_out[0] == held_out[1] and 5 < len(held_out[0]) < 25
    with pytest.raises(errors.UserError, match="`eval_fraction` is 1"):
        coco_json.Config(eval_fraction=1)


@pytest.mark.parametrize("layout", ["mmdet_coco", "coco_roboflow", "coco_instances", "coco"])
def test_published_samples_of_layouts(shared_data: Path, layout: str) -> None:
    """Two images each: the first has a box only, the second a polygon and a crowd in run lengths."""
    folder = shared_data / "layout_fixtures/coco_dataset" / layout
    config = coco_json.Config(data_dir=str(folder))
    assert coco_json.info(config).names == ("a", "b", "c")
    assert coco_json.info(config).raw_values == ((1, 0), (2, 1), (4, 2))
    (item,) = coco_json.items(config, "train")
    with pytest.raises(errors.DataError, match=r"train.*json: annotation 1 has a box, but no mask .* export polygons"):
        coco_json.load(config, item)
    (item,) = coco_json.items(config, "eval")
    example = coco_json.load(config, item)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = official.COCO(item.path("annotations"))
    assert len(example.objects) == len(truth.anns) >= 2
    for thing in example.objects:
        mask = truth.annToMask(truth.anns[thing.source_id]).astype(bool)
        np.testing.assert_array_equal(truth_checks.visible(example, thing), mask)
    assert [thing.is_crowd for thing in example.objects[:2]] == [False, True]


def test_categories_must_be_the_same_in_every_file(tmp_path: Path) -> None:
    path = tree.make(tmp_path) / "train/_annotations.coco.json"
    content = json.loads(path.read_text())
    content["categories"][1]["name"] = "cell"
    path.write_text(json.dumps(content))
    config = coco_json.Config(data_dir=str(tmp_path))
    with pytest.raises(errors.UserError, match="train/_annotations.coco.json: has the category cell with the `id` 7"):
        list(coco_json.items(config, "train"))


def test_a_class_that_is_none_cannot_be_used(tmp_path: Path) -> None:
    path = tree.make(tmp_path) / "train/_annotations.coco.json"
    path.write_text(path.read_text().replace('"category_id": 3', '"category_id": 0'))
    config = coco_json.Config(data_dir=str(tmp_path))
    with pytest.raises(errors.DataError, match="has the unknown `category_id` 0; known are 3 in -1..7"):
        coco_json.load(config, next(coco_json.items(config, "train")))


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tree.make(tmp_path) / "annotations.json"
    square = {"id": 1, "image_id": 1, "category_id": 2, "segmentation": [[0, 0, 9, 0, 9, 9]]}
    content = {"images": [{"id": 1, "file_name": "test/slide 0/é 0.rf.jpg"}], "annotations": [square]}
    config = coco_json.Config(data_dir=str(tmp_path), annotations="annotations.json", eval_fraction=0.5)
    for categories, expected in (([{"id": 2, "name": "b"}], 0), ([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], 1)):
        coco_tree.write(path, {**content, "categories": categories})
        (item,) = coco_json.items(config, "train")
        assert coco_json.load(config, item).objects[0].category == expected
