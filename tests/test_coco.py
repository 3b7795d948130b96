"""COCO instances: masks as pycocotools has them, published layouts and zip files, doubts found, mistakes named."""

import contextlib
import dataclasses
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pycocotools import coco as official

from seg_models import dataset, errors, truth_checks
from seg_models.datasets import coco
from tests.raw_trees import coco as tree


def listed(folder: Path, split: str = "train") -> list[dataset.Item]:
    """The items of a split."""
    return list(coco.items(coco.Config(data_dir=str(folder)), split))


def loaded(folder: Path, split: str = "train") -> list[dataset.Example]:
    """The examples of a split."""
    config = coco.Config(data_dir=str(folder))
    return [coco.load(config, item) for item in coco.items(config, split)]


def assert_is_official(example: dataset.Example, truth: official.COCO) -> int:
    """Compares an example with what pycocotools reads from the same JSON; gives the number of objects."""
    (image_id,) = [key for key, image in truth.imgs.items() if Path(image["file_name"]).stem == example.key]
    annotations = {entry["id"]: entry for entry in truth.loadAnns(truth.getAnnIds(image_id))}
    assert {thing.source_id for thing in example.objects} == set(annotations)
    for thing in example.objects:
        entry = annotations[thing.source_id]
        np.testing.assert_array_equal(truth_checks.visible(example, thing), truth.annToMask(entry).astype(bool))
        assert coco.TABLE.categories[thing.category].name == truth.cats[entry["category_id"]]["name"]
        assert thing.is_crowd == bool(entry["iscrowd"])
    return len(annotations)


def official_truth(path: Path) -> official.COCO:
    """pycocotools' reading of a JSON, without its chatter."""
    with contextlib.redirect_stdout(io.StringIO()):
        return official.COCO(str(path))


def test_real_masks_equal_pycocotools(shared_data: Path) -> None:
    truth = official_truth(shared_data / "coco_instances/annotations/instances_train2017.json")
    examples = loaded(shared_data / "coco_instances")
    assert len(examples) == 80
    assert sum(assert_is_official(example, truth) for example in examples) == 705
    assert sum(thing.is_crowd for example in examples for thing in example.objects) == 6
    assert sum(thing.mask is not None for example in examples for thing in example.objects) > 100, "some overlap"


def test_made_masks_equal_pycocotools(tmp_path: Path) -> None:
    truth = official_truth(tree.make(tmp_path) / "annotations/instances_train2017.json")
    assert [assert_is_official(example, truth) for example in loaded(tmp_path)] == [6, 6, 0]


def test_overlaps_crowds_and_what_lies_beneath(tmp_path: Path) -> None:
    example = loaded(tree.make(tmp_path))[0]
    things = {thing.source_id % 1000: thing for thing in example.objects}
    assert example.semantic is None
    couch, dog, person, on_top, hidden, crowd = (things[place] for place in range(6))
    assert example.instance[7, 8] == dog.instance and couch.mask[7, 8] and dog.mask is None
    assert crowd.is_crowd and example.instance[20, 31] == crowd.instance and not crowd.mask[0].any()
    assert example.instance[15, 5] == couch.instance, "crowds lie below all"
    assert person.mask.sum() == 70 and (example.instance == person.instance).sum() == 64
    assert sorted((on_top.instance > 0, hidden.instance > 0)) == [False, True], "one of two alike covers the other"


def test_images_without_objects_have_an_empty_instance_map_and_test_images_none(tmp_path: Path) -> None:
    tree.make(tmp_path)
    without = loaded(tmp_path)[2]
    assert without.objects == () and not without.instance.any()
    tests = loaded(tmp_path, "test")
    assert [example.key for example in tests] == ["000000000201", "000000000202"]
    assert all(example.instance is None and b'"coco_url"' in example.annotation for example in tests)
    (tmp_path / "annotations/image_info_test2017.json").unlink()
    tests = loaded(tmp_path, "test")
    assert [example.key for example in tests] == ["000000000201", "000000000202"]
    assert all(example.instance is None and not example.annotation for example in tests)


def zipped(folder: Path, archive: str, *members: str) -> None:
    """Moves files and folders into a zip file."""
    with zipfile.ZipFile(folder / archive, "w", zipfile.ZIP_DEFLATED) as written:
        for member in members:
            paths = sorted((folder / member).rglob("*")) if (folder / member).is_dir() else [folder / member]
            for path in paths:
                written.write(path, path.relative_to(folder))
                path.unlink()


def test_zip_files_are_read_in_place(tmp_path: Path) -> None:
    expected = {split: loaded(tree.make(tmp_path / split), split) for split in coco.NAMES}
    folder = tree.make(tmp_path / "zipped")
    names = [f"annotations/instances_{name}.json" for name in ("train2017", "val2017")]
    zipped(folder, "annotations_trainval2017.zip", *names)
    zipped(folder, "image_info_test2017.zip", "annotations/image_info_test2017.json")
    for name in ("train2017", "val2017", "test2017"):
        zipped(folder, f"{name}.zip", name)
        (folder / name).rmdir()
    (folder / "annotations").rmdir()
    for split, examples in expected.items():
        for example, other in zip(examples, loaded(folder, split), strict=True):
            assert (example.key, example.image_bytes) == (other.key, other.image_bytes)
            assert example.annotation == other.annotation
            assert len(example.objects) == len(other.objects)
    assert "train2017.zip" in coco.found(coco.Config(data_dir=str(folder)))


def test_2014_and_the_folder_images(tmp_path: Path) -> None:
    tree.make(tmp_path)
    for path in (tmp_path / "annotations").glob("*.json"):
        path.rename(path.with_name(path.name.replace("2017", "2014")))
    for name in ("train", "val", "test"):
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / f"{name}2017").rename(tmp_path / "images" / f"{name}2014")
    assert [len(listed(tmp_path, split)) for split in coco.NAMES] == [3, 2, 2]
    config = coco.Config(data_dir=str(tmp_path))
    assert dict(coco.info(config).expected_counts)["train"] == 82783
    assert coco.found(config).startswith("COCO 2014; train: ")
    with pytest.raises(errors.UserError, match="not COCO 2017; expected annotations/instances_train2017.json"):
        list(coco.items(dataclasses.replace(config, year=2017), "train"))
    with pytest.raises(errors.UserError, match="`year` is 2015; expected 2017 or 2014"):
        coco.Config(year=2015)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="not COCO 2017 or 2014; expected .* https://cocodataset.org"):
        listed(tmp_path)
