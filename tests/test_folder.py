"""folder: a user's own images, masks and instances."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, errors, records
from seg_models.datasets import folder
from tests import small_folder


def config(root: Path, **options: object) -> folder.Config:
    return folder.Config(data_dir=str(root), **options)


def keys(made: folder.Config, split: str) -> list[str]:
    return [item.key for item in folder.items(made, split)]


def first(made: folder.Config) -> dataset.Example:
    return folder.load(made, min(folder.items(made, "train"), key=lambda item: item.key))


def test_masks_instances_and_classes_become_an_example(tmp_path: Path) -> None:
    made = config(small_folder.make(tmp_path))
    info = folder.info(made)
    example = first(made)
    assert (info.name, info.names, info.thing_ids) == ("tiny_streets", ("background", "road", "car"), (2,))
    assert info.splits == ("train", "eval")
    assert example.semantic[0, 0] == 255 and example.semantic[23, 0] == example.semantic[13, 15] == 1
    assert sorted((thing.category, thing.instance) for thing in example.objects) == [(2, 1), (2, 300)]
    assert int((example.instance == 300).sum()) == 7 * 9
    assert example.raw_histogram[7] == 4 * 32
    assert len(records.panoptic(example, info)[1]) == 4


def test_hash_split_is_whole_stable_and_never_empty(tmp_path: Path) -> None:
    made = config(small_folder.make(tmp_path, count=40))
    train, held_out = keys(made, "train"), keys(made, "eval")
    assert sorted(train + held_out) == [f"{index:03d}" for index in range(40)]
    assert 2 <= len(held_out) <= 16
    small_folder.make(tmp_path, count=60)
    assert set(held_out) <= set(keys(made, "eval")) and set(train) <= set(keys(made, "train"))
    assert len(keys(config(tmp_path, eval_fraction=0.5), "eval")) > len(keys(made, "eval"))
    for fraction in (0.001, 0.999):
        extreme = config(tmp_path, eval_fraction=fraction)
        assert keys(extreme, "train") and keys(extreme, "eval")


@pytest.mark.parametrize("fraction", [0.0, 1.0, -1.0, 20.0])
def test_eval_fraction_is_a_fraction(fraction: float) -> None:
    with pytest.raises(errors.UserError, match="`eval_fraction` is"):
        folder.Config(eval_fraction=fraction)


def test_split_folders_are_taken_as_they_are(tmp_path: Path) -> None:
    for split, count in (("train", 3), ("val", 2), ("test", 1)):
        small_folder.make(tmp_path, count, split)
    made = config(tmp_path)
    assert folder.info(made).splits == ("train", "eval", "test")
    assert keys(made, "train") == ["train/000", "train/001", "train/002"]
    assert (keys(made, "eval"), keys(made, "test")) == (["val/000", "val/001"], ["test/000"])


def test_wrong_split_folders_are_explained(tmp_path: Path) -> None:
    small_folder.make(tmp_path, 2, "train")
    with pytest.raises(errors.UserError, match="has the folder train, but not both train and eval"):
        keys(config(tmp_path), "train")
    small_folder.make(tmp_path, 2, "val")
    small_folder.make(tmp_path, 2, "eval")
    with pytest.raises(errors.UserError, match="eval and val are both the split eval"):
        keys(config(tmp_path), "train")


def test_folders_below_and_endings_are_part_of_no_key(tmp_path: Path) -> None:
    small_folder.make(tmp_path, 4, instances=False)
    (tmp_path / "images" / "far").mkdir()
    (tmp_path / "masks" / "far").mkdir()
    (tmp_path / "images" / "000.png").rename(tmp_path / "images" / "far" / "x.png")
    (tmp_path / "masks" / "000.png").rename(tmp_path / "masks" / "far" / "x.png")
    for mask in sorted((tmp_path / "masks").rglob("*.png")):
        mask.rename(mask.with_name(f"{mask.stem}_mask.png"))
    made = config(tmp_path, mask_ending="_mask")
    found = [item for split in ("train", "eval") for item in folder.items(made, split)]
    assert sorted(item.key for item in found) == ["001", "002", "003", "far/x"]
    assert all(folder.load(made, item).objects == () for item in found)


def test_rgb_masks_with_a_colour_table(tmp_path: Path) -> None:
    table = "classes: [{name: a, color: [0, 0, 0]}, {name: b, color: [255, 128, 1]}]\nvoid: [[9, 9, 9]]"
    (tmp_path / "classes.yaml").write_text(table)
    colours = np.zeros((2, 3, 3), np.uint8)
    colours[0, 0], colours[1, 2] = (255, 128, 1), (9, 9, 9)
    for name in ("x", "y"):
        small_folder.save(tmp_path / "images" / f"{name}.jpg", np.zeros((2, 3, 3), np.uint8))
        small_folder.save(tmp_path / "masks" / f"{name}.png", colours)
    example = first(config(tmp_path))
    assert example.image_format == "jpeg"
    assert example.semantic.tolist() == [[1, 0, 0], [0, 0, 255]]
    assert example.instance is None
    colours[0, 0, 2] = 2
    small_folder.save(tmp_path / "masks" / "x.png", colours)
    small_folder.save(tmp_path / "masks" / "y.png", colours)
    with pytest.raises(errors.DataError, match=r"RGB \(255, 128, 2\) on 1 pixels is not listed for data set `folder`"):
        first(config(tmp_path))


@pytest.mark.parametrize("lost", ["images", "masks", "instances"])
def test_a_lost_file_fails_and_is_named(tmp_path: Path, lost: str) -> None:
    small_folder.make(tmp_path)
    path = tmp_path / lost / "000.png"
    path.unlink()
    made = config(tmp_path)
    item = next(item for split in ("train", "eval") for item in folder.items(made, split) if item.key == "000")
    with pytest.raises(errors.DataError, match=f"^{path}: the {lost[:-1]} of `000` is missing; its .*000.png is there"):
        folder.load(made, item)


def test_an_instance_on_stuff_or_on_two_classes_fails(tmp_path: Path) -> None:
    root = small_folder.make(tmp_path)
    instance = np.zeros((24, 32), np.uint16)
    instance[14:16, 2:6] = 5
    mask = np.full((24, 32), 2, np.uint8)
    mask[15, 2:6] = 1
    for path in (root / "masks").iterdir():
        small_folder.save(path, mask)
        small_folder.save(root / "instances" / path.name, instance)
    with pytest.raises(errors.DataError, match=r"instance 5 lies on the class road \(4 pixels\), .* `things`"):
        first(config(root))
    (root / "classes.yaml").write_text(small_folder.CLASSES.replace("[car]", "[car, road]"))
    with pytest.raises(errors.DataError, match=r"5 lies on two classes, road \(4 pixels\) and car \(4 pixels\)"):
        first(config(root))


def test_an_instance_on_void_alone_is_no_object(tmp_path: Path) -> None:
    root = small_folder.make(tmp_path)
    for path in (root / "instances").iterdir():
        instance = np.zeros((24, 32), np.uint16)
        instance[:2] = 255
        instance[1:16, 2:4] = 4
        instance[2:10] = 0
        small_folder.save(path, instance)
    example = first(config(root))
    assert [thing.instance for thing in example.objects] == [4]
    assert set(np.unique(example.instance)) == {0, 4}


def test_an_edited_class_file_is_read_again(tmp_path: Path) -> None:
    root = small_folder.make(tmp_path)
    made = config(root)
    assert folder.info(made).thing_ids == (2,)
    (root / "classes.yaml").write_text(small_folder.CLASSES.replace("things: [car]", "things: []"))
    assert folder.info(made).thing_ids == ()


def test_a_wrong_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="`data_dir` of data set `folder` is not set"):
        folder.info(folder.Config())
    with pytest.raises(errors.UserError, match="images: no such folder; put the images in it"):
        keys(config(tmp_path), "train")


@pytest.mark.parametrize("lost", [("masks", "instances"), ("instances",)])
def test_test_images_may_come_without_maps(tmp_path: Path, lost: tuple[str, ...]) -> None:
    for split in ("train", "val", "test"):
        small_folder.make(tmp_path, 2, split)
    for name in lost:
        shutil.rmtree(tmp_path / name / "test")
    made = config(tmp_path)
    assert keys(made, "test") == ["test/000", "test/001"]
    for item in folder.items(made, "test"):
        example = folder.load(made, item)
        assert example.image_bytes == (tmp_path / "images" / f"{item.key}.png").read_bytes()
        assert (example.semantic is None) == ("masks" in lost) and example.instance is None and example.objects == ()
        decoded = records.decode(records.encode(example))
        np.testing.assert_array_equal(decoded.semantic, example.semantic)
    for split in ("train", "val"):
        shutil.rmtree(tmp_path / "masks" / split)
    for split in ("train", "eval"):
        with pytest.raises(errors.DataError, match="the mask of .* is missing"):
            folder.load(made, next(folder.items(made, split)))


@pytest.mark.parametrize("lost", ["masks/test/000.png", "instances/test/000.png", "images/test/000.png", "masks/test"])
def test_test_maps_that_are_there_must_be_whole(tmp_path: Path, lost: str) -> None:
    for split in ("train", "val", "test"):
        small_folder.make(tmp_path, 2, split)
    path = tmp_path / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(errors.DataError, match="is missing; its"):
        folder.load(config(tmp_path), next(folder.items(config(tmp_path), "test")))


def test_a_zip_file_is_read_in_place(tmp_path: Path) -> None:
    plain = small_folder.make(tmp_path / "raw")
    zipped = Path(shutil.make_archive(str(tmp_path / "mine"), "zip", plain))
    of_folder, of_zip = folder.Config(data_dir=str(plain)), folder.Config(data_dir=str(zipped))
    assert folder.info(of_zip) == folder.info(of_folder)
    for split in ("train", "eval"):
        pairs = list(zip(folder.items(of_folder, split), folder.items(of_zip, split), strict=True))
        assert pairs
        for item, same in pairs:
            assert records.encode(folder.load(of_folder, item)) == records.encode(folder.load(of_zip, same))


def test_instances_on_void_alone_are_none_and_are_kept(tmp_path: Path) -> None:
    made = folder.Config(data_dir=str(small_folder.make(tmp_path)))
    path = tmp_path / "instances" / "000.png"
    instance = np.asarray(Image.open(path)).copy()
    instance[:2, :5] = 77
    small_folder.save(path, instance)
    item = next(item for split in ("train", "eval") for item in folder.items(made, split) if item.key == "000")
    example = records.decode(records.encode(folder.load(made, item)))
    assert [thing.instance for thing in example.objects] == [1, 300] and 77 not in example.instance
    np.testing.assert_array_equal(dict(folder.restore(made, item, example))[str(path)], instance)
