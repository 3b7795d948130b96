"""kitti: either map or both, in folders and in the zip file, and the held-out images."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, errors, image_files
from seg_models.datasets import kitti
from seg_models.raw import instance_values
from tests.raw_trees import kitti as raw_tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The made tree."""
    return raw_tree.make(tmp_path / "raw")


def first(root: Path, split: str = "train", **fields: str) -> dataset.Example:
    """The first image of a split."""
    config = kitti.Config(data_dir=str(root), **fields)
    return kitti.load(config, next(kitti.items(config, split)))


def test_objects_against_the_map_read_plainly(tree: Path) -> None:
    found = first(tree)
    folder = tree / "data_semantics" / "training"
    values = np.asarray(Image.open(folder / "instance" / f"{Path(found.key).name}.png")).astype(int)
    car = raw_tree.CAR * 256
    assert [(thing.source_id, thing.is_crowd) for thing in found.objects] == [
        (car, True),
        (car + 1, False),
        (car + 2, False),
        (car + 3, False),
    ]
    for thing in found.objects:
        np.testing.assert_array_equal(found.instance == thing.instance, values == thing.source_id)
    rest = found.maps[instance_values.REST]
    np.testing.assert_array_equal(rest > 0, (values % 256 > 0) & (values // 256 != raw_tree.CAR))
    np.testing.assert_array_equal(found.raw, values // 256)


def test_either_map_is_enough(tree: Path) -> None:
    both = first(tree, classes="34")
    folder = tree / "data_semantics" / "training"
    shutil.move(folder / "semantic", tree / "semantic")
    assert kitti.found(kitti.Config(str(tree))).endswith("maps instance")
    alone = first(tree, classes="34")
    np.testing.assert_array_equal(alone.semantic, both.semantic)
    np.testing.assert_array_equal(alone.instance, both.instance)
    shutil.move(tree / "semantic", folder / "semantic")
    shutil.rmtree(folder / "instance")
    semantic = first(tree, classes="34")
    np.testing.assert_array_equal(semantic.semantic, both.semantic)
    assert semantic.instance is None and semantic.objects == ()


def test_held_out_images_are_apart_and_test_has_no_labels(tree: Path) -> None:
    config = kitti.Config(data_dir=str(tree))
    keys = {split: [item.key for item in kitti.items(config, split)] for split in kitti.SPLITS}
    assert sorted(keys["train"] + keys["eval"]) == [f"training/00000{index}_10" for index in range(6)]
    assert keys["train"] and keys["eval"] and keys["test"] == ["testing/000000_10", "testing/000001_10"]
    assert first(tree, "test").semantic is None


def test_the_zip_file_is_read_in_place(tree: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data_semantics.zip", "w") as archive:
        for path in sorted((tree / "data_semantics").rglob("*.png")):
            archive.write(path, path.relative_to(tree / "data_semantics"))
    zipped, folder = first(tmp_path), first(tree)
    assert zipped.key == folder.key and zipped.image_bytes == folder.image_bytes
    np.testing.assert_array_equal(zipped.instance, folder.instance)


def test_the_fixture_has_instances_alone(shared_data: Path) -> None:
    config = kitti.Config(data_dir=str(shared_data / "layout_fixtures/kitti_dataset/kitti_segmentation"), classes="34")
    items = [item for split in kitti.SPLITS for item in kitti.items(config, split)]
    found = {item.key: kitti.load(config, item) for item in items}
    assert found["training/000030_10"].semantic.tolist() == [[3, 3, 27, 27, 27]]
    assert [thing.source_id for thing in found["training/000030_10"].objects] == [6913, 6914]
    for item in items:
        for path, values in kitti.restore(config, item, found[item.key]):
            np.testing.assert_array_equal(values, image_files.read_raw_mask(path))


def test_a_wrong_folder_and_a_broken_pair_are_explained(tree: Path) -> None:
    with pytest.raises(errors.UserError, match="not KITTI's semantic segmentation; expected training/image_2"):
        first(tree / "data_semantics" / "testing")
    for path in (tree / "data_semantics/training/instance").glob("*.png"):
        path.unlink()
    with pytest.raises(errors.DataError, match="the instance of `training/.*_10` is missing; its image"):
        first(tree)
