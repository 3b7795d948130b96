"""cocoa: the real annotations by pycocotools, depth and hidden parts; numbers that are not what the masks come to."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from seg_models import dataset, errors, records, truth_checks
from seg_models.datasets import cocoa
from tests.raw_trees import cocoa as tree


def items(config: cocoa.Config, split: str) -> list[dataset.Item]:
    return list(cocoa.items(config, split))


def loaded(root: Path, key: str) -> dataset.Example:
    config = cocoa.Config(str(root))
    every = [item for split in cocoa.INFO.splits for item in cocoa.items(config, split)]
    return cocoa.load(config, next(item for item in every if item.key == key))


def test_real_regions_are_what_pycocotools_says(shared_data: Path) -> None:
    config = cocoa.Config(str(shared_data / "cocoa_amodal"))
    every = items(config, "train") + items(config, "eval")
    assert sorted(item.key for item in every) == ["1", "2", "3"] and items(config, "eval")
    regions = 0
    for item in every:
        source = json.loads(Path(item.path("annotations")).read_text())["regions"]
        example = cocoa.load(config, item)
        decoded = records.decode(records.encode(example))
        assert not list(truth_checks.findings(decoded, cocoa.INFO, item.key))
        assert json.loads(decoded.annotation)["regions"] == source
        for thing, region in zip(decoded.objects, source, strict=True):
            outline = coco_mask.frPyObjects([region["segmentation"]], example.height, example.width)
            np.testing.assert_array_equal(thing.amodal, coco_mask.decode(coco_mask.merge(outline)))
            if "visible_mask" in region:
                seen = coco_mask.decode(region["visible_mask"] | {"counts": region["visible_mask"]["counts"].encode()})
                np.testing.assert_array_equal(truth_checks.visible(decoded, thing), seen)
            assert thing.category == region["isStuff"] and thing.name == region["name"]
            assert thing.depth == region["order"] - 1
            assert thing.occlusion == pytest.approx(region["occlude_rate"], abs=1e-6)
            regions += 1
    assert regions == 32


def test_the_published_files(tmp_path: Path) -> None:
    config = cocoa.Config(str(tree.make(tmp_path)))
    keys = [item.key for item in items(config, "train")]
    assert keys == ["COCO_train2014_000000000100", "COCO_train2014_000000000102"]
    assert cocoa.found(config).endswith(
        "COCO_amodal_train2014.json, COCO_amodal_val2014.json, COCO_amodal_test2014.json"
    )
    example = loaded(tmp_path, "COCO_val2014_000000000110")
    assert [thing.depth for thing in example.objects] == [0, 1, 2, 3, 4]
    assert [thing.category for thing in example.objects] == [0, 0, 0, 0, 1]
    assert [round(thing.occlusion, 3) for thing in example.objects] == [0, 0, 0.5, 1, round(40 / 576, 3)]
    hidden = example.objects[3]
    assert hidden.instance == 0 and not hidden.mask.any() and hidden.amodal.sum() == 96
    assert example.objects[2].amodal.sum() == 96 and (example.instance == 3).sum() == 48
    assert json.loads(example.annotation)["annotations"][0]["author"] == "author_110"
    assert json.loads(example.annotation)["image"]["license"] == "?"
    assert loaded(tmp_path, "COCO_train2014_000000000102").instance.max() == 312


def test_an_item_carries_its_own_part_alone(tmp_path: Path) -> None:
    config = cocoa.Config(str(tree.make(tmp_path)))
    first, second = items(config, "train")
    (tmp_path / "annotations" / "COCO_amodal_train2014.json").write_text("{}")
    assert len(cocoa.load(config, first).objects) == 5 and len(cocoa.load(config, second).objects) == 312


def shorten(path: Path) -> None:
    path.write_text(path.read_text()[:-20])


def repeat_image(path: Path) -> None:
    content = json.loads(path.read_text())
    content["images"].append(content["images"][0])
    path.write_text(json.dumps(content))


def climb(path: Path) -> None:
    path.write_text(path.read_text().replace("COCO_train2014_000000000100.jpg", "../../etc/passwd"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (shorten, "truncated"),
        (repeat_image, "two images have the `id` 102"),
        (climb, "the file name `../../etc/passwd` is refused"),
        (lambda path: path.write_text(path.read_text().replace("file_name", "name")), "has no `file_name`"),
    ],
)
def test_a_broken_file_is_explained(tmp_path: Path, spoil: Callable[[Path], None], message: str) -> None:
    root = tree.make(tmp_path)
    spoil(root / "annotations" / "COCO_amodal_train2014.json")
    with pytest.raises(errors.UserError, match=message):
        items(cocoa.Config(str(root)), "train")


def test_missing_images(tmp_path: Path) -> None:
    root = tree.make(tmp_path)
    (root / "train2014" / "COCO_train2014_000000000100.jpg").unlink()
    with pytest.raises(errors.DataError, match="000000000100.jpg: the image is missing; .*train2014.json names it"):
        loaded(root, "COCO_train2014_000000000100")
    (root / "val2014").rename(root / "elsewhere")
    with pytest.raises(errors.UserError, match="no folder val2014 in it; expected the images of .*val2014.json there"):
        items(cocoa.Config(str(root)), "eval")
    with pytest.raises(errors.UserError, match="not COCO amodal; expected COCO_amodal_train2014.json"):
        items(cocoa.Config(str(root / "elsewhere")), "train")


def test_annotations_of_no_image_fail_alone(tmp_path: Path) -> None:
    path = tree.make(tmp_path) / "annotations" / "COCO_amodal_train2014.json"
    content = json.loads(path.read_text())
    content["images"].pop()
    path.write_text(json.dumps(content))
    with pytest.raises(errors.DataError, match="there are annotations of image 100, which `images` does not list"):
        loaded(tmp_path, "image 100")
    assert loaded(tmp_path, "COCO_train2014_000000000102").objects
