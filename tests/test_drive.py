"""drive: what lies outside the field of view is void and kept; a second annotator; folders of the user's own."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, errors, image_files
from seg_models.datasets import drive
from tests.raw_trees import drive as tree


def load_all(config: drive.Config, split: str) -> dict[str, dataset.Example]:
    return {item.key: drive.load(config, item) for item in drive.items(config, split)}


def test_training_is_split_and_test_is_not(tmp_path: Path) -> None:
    config = drive.Config(str(tree.make(tmp_path)))
    train, held_out, test = (set(load_all(config, split)) for split in ("train", "eval", "test"))
    assert train | held_out == {f"training/{number}" for number in range(21, 25)} and not train & held_out
    assert test == {"test/01", "test/02"}
    assert "test in" in drive.found(config) and "with 1st_manual, 2nd_manual, mask" in drive.found(config)


def test_outside_the_view_is_void_and_kept(tmp_path: Path) -> None:
    config = drive.Config(str(tree.make(tmp_path)))
    view = tree.field_of_view() > 0
    for number in (1, 2):
        example = load_all(config, "test")[f"test/{number:02d}"]
        for semantic, seed in ((example.semantic, number), (example.maps["annotator/1/semantic"], number + 100)):
            drawn = tree.vessels(seed) > 0
            np.testing.assert_array_equal(semantic, np.where(view, drawn, dataset.VOID))
        np.testing.assert_array_equal(example.maps["field_of_view"] > 0, view)
        np.testing.assert_array_equal(example.maps["annotator/1/raw"], tree.vessels(number + 100))
        np.testing.assert_array_equal(example.raw % 256, tree.vessels(number))
        native = np.asarray(Image.open(tmp_path / "test" / "images" / f"{number:02d}_test.tif"))
        np.testing.assert_array_equal(image_files.decode(example.image_bytes), native)


def test_the_newer_download_has_no_labels_of_test(tmp_path: Path) -> None:
    tree.make(tmp_path)
    for name in ("1st_manual", "2nd_manual"):
        folder = tmp_path / "test" / name
        folder.rename(tmp_path / name)
    examples = load_all(drive.Config(str(tmp_path)), "test")
    assert [example.semantic for example in examples.values()] == [None, None]
    assert all("field_of_view" in example.maps for example in examples.values())


def test_the_users_own_folders(tmp_path: Path) -> None:
    for split in ("train", "val"):
        tree.save(tmp_path / split / "images" / "eye.png", np.zeros((3, 4, 3), np.uint8))
        tree.save(tmp_path / split / "vessels" / "eye.png", np.eye(3, 4, dtype=np.uint8))
        tree.save(tmp_path / split / "views" / "eye.png", np.array([[0, 1, 1, 1]] * 3, np.uint8))
    config = drive.Config(str(tmp_path), labels="vessels", field_of_view="views")
    for split, folder in (("train", "train"), ("eval", "val")):
        example = load_all(config, split)[f"{folder}/eye"]
        assert example.semantic.tolist() == [[255, 0, 0, 0], [255, 1, 0, 0], [255, 0, 1, 0]]
    assert load_all(config, "test") == {}


def test_images_without_folders_of_splits(tmp_path: Path) -> None:
    for name in "abcde":
        tree.save(tmp_path / "images" / f"{name}.tif", np.zeros((3, 4, 3), np.uint8))
        tree.save(tmp_path / "1st_manual" / f"{name}.png", np.zeros((3, 4), np.uint8))
    config = drive.Config(str(tmp_path))
    assert len(load_all(config, "train")) + len(load_all(config, "eval")) == 5
    (tmp_path / "1st_manual").rename(tmp_path / "other")
    with pytest.raises(errors.UserError, match="1st_manual: no such folder; expected images and 1st_manual"):
        load_all(config, "train")


def test_a_stray_value_names_its_file(tmp_path: Path) -> None:
    tree.make(tmp_path)
    wrong = tree.vessels(21)
    wrong[0, 0] = 7
    path = tmp_path / "training" / "1st_manual" / "21_manual1.gif"
    Image.fromarray(wrong).save(path)
    config = drive.Config(str(tmp_path))
    item = next(item for split in ("train", "eval") for item in drive.items(config, split) if item.key == "training/21")
    with pytest.raises(errors.DataError, match="21_manual1.gif: raw value 263 on 1 pixels|21_manual1.gif: raw value 7"):
        drive.load(config, item)
