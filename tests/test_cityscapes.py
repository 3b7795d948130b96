"""cityscapes: which files are read, zip files, coarse annotation, withheld labels, and what is wrong with a tree."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, errors, image_files
from seg_models.datasets import cityscapes
from seg_models.raw import instance_values
from tests import small_folder
from tests.raw_trees import cityscapes as raw_tree

FIXTURES = "layout_fixtures/cityscapes_dataset"
KEY = "train/aachen/aachen_000000_000019"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The made tree."""
    return raw_tree.make(tmp_path / "raw")


def first(root: Path, split: str = "train", **fields: str) -> dataset.Example:
    """The first image of a split."""
    config = cityscapes.Config(data_dir=str(root), **fields)
    return cityscapes.load(config, next(cityscapes.items(config, split)))


def keys(config: cityscapes.Config, split: str) -> list[str]:
    return [item.key for item in cityscapes.items(config, split)]


def keep(root: Path, *endings: str) -> None:
    """Removes all files of gtFine but those with these endings."""
    for path in (root / "gtFine").rglob("*.*"):
        if not path.name.endswith(endings):
            path.unlink()


def test_objects_against_the_map_read_plainly(tree: Path) -> None:
    found = first(tree)
    values = np.asarray(Image.open(tree / f"gtFine/{KEY}_gtFine_instanceIds.png")).astype(int)
    numbered = {value for value in np.unique(values).tolist() if value >= 1000 and value // 1000 != raw_tree.CARAVAN}
    assert {thing.source_id for thing in found.objects} == numbered | {raw_tree.PERSON}
    assert len(found.objects) > 255
    for thing in found.objects:
        np.testing.assert_array_equal(found.instance == thing.instance, values == thing.source_id)
        assert thing.is_crowd == (thing.source_id == raw_tree.PERSON)
    assert (found.semantic[values >= 29000] == 255).all()
    # Void instances are no objects; their values are kept.
    assert set(np.unique(found.maps[instance_values.REST])) == {0, raw_tree.CARAVAN * 1000 + 1}
    assert json.loads(found.annotation)["objects"] == []


def test_34_classes_make_the_caravan_an_object(tree: Path) -> None:
    found = first(tree, classes="34")
    assert [thing.category for thing in found.objects].count(raw_tree.CARAVAN) == 1
    assert instance_values.REST not in found.maps
    np.testing.assert_array_equal(found.semantic, found.raw)


def test_withheld_labels_are_no_labels(tree: Path) -> None:
    found = first(tree, "test")
    assert found.semantic is None and found.instance is None and found.annotation == b""
    shutil.rmtree(tree / "gtFine/test")
    assert first(tree, "test").semantic is None
    shutil.rmtree(tree / "gtFine")
    assert first(tree, "test").semantic is None
    with pytest.raises(errors.UserError, match="but not gtFine/train. Get gtFine from https"):
        first(tree)


def test_every_form_of_annotation_says_the_same(tree: Path) -> None:
    whole = first(tree)
    text = {"imgHeight": 16, "imgWidth": 32, "objects": [{"label": "car", "polygon": [[2, 3], [9, 3], [9, 8], [2, 8]]}]}
    for path in (tree / "gtFine").rglob("*_polygons.json"):
        path.write_text(json.dumps(text))
    config = cityscapes.Config(data_dir=str(tree))
    keep(tree, "instanceIds.png", "polygons.json")
    assert "instanceIds without labelIds" in cityscapes.found(config)
    np.testing.assert_array_equal(first(tree).semantic, whole.semantic)
    np.testing.assert_array_equal(first(tree).instance, whole.instance)
    keep(tree, "polygons.json")
    assert "polygons alone" in cityscapes.found(config)
    painted = first(tree)
    expected = np.zeros((16, 32), int)
    expected[3:9, 2:10] = 1
    np.testing.assert_array_equal(painted.instance, expected)
    np.testing.assert_array_equal(painted.semantic, np.where(expected, 13, 255))
    assert json.loads(painted.annotation) == text
    assert list(cityscapes.restore(config, next(cityscapes.items(config, "train")), painted)) == []


def test_train_ids_alone(tree: Path) -> None:
    for path in (tree / "gtFine").rglob("*_labelIds.png"):
        train_ids = np.asarray(Image.open(path)) % 19
        train_ids[0, 0] = 255
        small_folder.save(path.with_name(path.name.replace("labelIds", "labelTrainIds")), train_ids)
    keep(tree, "labelTrainIds.png")
    config = cityscapes.Config(data_dir=str(tree))
    assert "labelTrainIds alone" in cityscapes.found(config)
    assert cityscapes.info(config).tasks == ("semantic",)
    found, path = first(tree), tree / f"gtFine/{KEY}_gtFine_labelTrainIds.png"
    np.testing.assert_array_equal(found.semantic, np.asarray(Image.open(path)))
    assert found.instance is None
    with pytest.raises(errors.UserError, match="know 19 classes, but `classes` is 34"):
        cityscapes.info(cityscapes.Config(data_dir=str(tree), classes="34"))


def test_coarse_annotation_and_zip_files(tree: Path) -> None:
    for split, city in (("train", "aachen"), ("train_extra", "augsburg")):
        key = f"{split}/{city}/{city}_000000_000019"
        raw_tree.image(tree, key, np.random.default_rng(1))
        raw_tree.truth(tree / "gtCoarse", f"{key}_gtCoarse", np.full((16, 32), raw_tree.ROAD))
    zip_folders(tree, "leftImg8bit_trainvaltest.zip", "leftImg8bit/train", "leftImg8bit/val", "leftImg8bit/test")
    zip_folders(tree, "leftImg8bit_trainextra.zip", "leftImg8bit/train_extra")
    zip_folders(tree, "gtCoarse.zip", "gtCoarse")
    zip_folders(tree, "gtFine_trainvaltest.zip", "gtFine")
    shutil.rmtree(tree / "leftImg8bit")
    config = cityscapes.Config(data_dir=str(tree), annotation="coarse")
    assert keys(config, "train_extra") == ["train_extra/augsburg/augsburg_000000_000019"]
    assert (first(tree, "train_extra", annotation="coarse").semantic == 0).all()
    fine = cityscapes.Config(data_dir=str(tree))
    assert keys(fine, "train") == [KEY, "train/bochum/bochum_000000_000019"]
    assert first(tree).objects
    with pytest.raises(errors.UserError, match="No `test` among the splits of cityscapes"):
        next(cityscapes.items(config, "test"))


def zip_folders(root: Path, name: str, *folders: str) -> None:
    """Puts folders into a zip file beside them, and removes them."""
    with zipfile.ZipFile(root / name, "w") as archive:
        for folder in folders:
            for path in sorted((root / folder).rglob("*.*")):
                archive.write(path, path.relative_to(root))
            shutil.rmtree(root / folder)


@pytest.mark.parametrize("name", ["dataset", "train_dataset"])
def test_fixtures_are_read_and_rebuilt(shared_data: Path, name: str) -> None:
    config = cityscapes.Config(data_dir=str(shared_data / FIXTURES / name))
    seen = 0
    for split in ("train", "eval", "test"):
        for item in cityscapes.items(config, split):
            for path, values in cityscapes.restore(config, item, cityscapes.load(config, item)):
                np.testing.assert_array_equal(values, image_files.read_raw_mask(path))
                seen += 1
    assert seen == 4
    # 27 and 24 are regions whose instances nobody told apart; 27001, 27002 and 24001 are instances.
    counts = {"dataset": (True, 1), "train_dataset": (False, 2)}[name]
    things = cityscapes.load(config, next(cityscapes.items(config, "test"))).objects
    assert (things[0].is_crowd, len(things)) == counts


def test_broken_trees_are_explained(tree: Path) -> None:
    (tree / f"gtFine/{KEY}_gtFine_labelIds.png").unlink()
    with pytest.raises(errors.DataError, match="labelIds.png: the mask of `train/aachen/.* is missing; its image"):
        first(tree)
    (tree / f"leftImg8bit/{KEY}_leftImg8bit.png").unlink()
    assert keys(cityscapes.Config(str(tree)), "train") == ["train/bochum/bochum_000000_000019"]
    with pytest.raises(errors.UserError, match="not Cityscapes; expected the folders leftImg8bit and gtFine"):
        first(tree / "gtFine")
    with pytest.raises(errors.UserError, match="`classes`: No `20`"):
        cityscapes.Config(classes="20")
    with pytest.raises(errors.UserError, match="`annotation`: No `fin`.*Did you mean `fine`"):
        cityscapes.Config(annotation="fin")
