"""chase_db1: two people's vessels, and both eyes of a child in one split."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import errors
from seg_models.datasets import chase_db1
from tests.raw_trees import chase_db1 as tree


def keys(data_dir: Path, split: str) -> list[str]:
    return [item.key for item in chase_db1.items(chase_db1.Config(str(data_dir)), split)]


def test_both_eyes_of_a_child_are_in_one_split(tmp_path: Path) -> None:
    tree.make(tmp_path)
    assert keys(tmp_path, "test") == ["Image_11L", "Image_11R"]
    for split in ("train", "eval"):
        children = [key[:-1] for key in keys(tmp_path, split)]
        assert children and all(children.count(child) == 2 for child in children)
    assert keys(tmp_path / "CHASEDB1", "train") == keys(tmp_path, "train")


def test_both_people_are_kept(tmp_path: Path) -> None:
    config = chase_db1.Config(str(tree.make(tmp_path)))
    for item in chase_db1.items(config, "test"):
        example = chase_db1.load(config, item)
        first, second = (
            np.asarray(Image.open(tmp_path / "CHASEDB1" / f"{item.key}_{who}HO.png")) for who in ("1st", "2nd")
        )
        np.testing.assert_array_equal(example.semantic, first)
        np.testing.assert_array_equal(example.maps["annotator/1/semantic"], second)


def test_the_second_may_be_absent_and_the_first_may_not(tmp_path: Path) -> None:
    root = tree.make(tmp_path) / "CHASEDB1"
    config = chase_db1.Config(str(tmp_path))
    (root / "Image_11L_2ndHO.png").unlink()
    assert chase_db1.load(config, next(chase_db1.items(config, "test"))).maps == {}
    (root / "Image_11L_1stHO.png").unlink()
    with pytest.raises(errors.DataError, match="Image_11L_1stHO.png: the mask of `Image_11L` is missing"):
        chase_db1.load(config, next(chase_db1.items(config, "test")))
