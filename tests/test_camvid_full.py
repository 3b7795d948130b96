"""camvid_full: the 32 colours, both layouts, zip files, and what is wrong with a tree."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import errors
from seg_models.datasets import camvid, camvid_full
from tests import small_folder
from tests.raw_trees import camvid_full as raw_tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The made tree."""
    return raw_tree.make(tmp_path / "raw")


def keys(root: Path, split: str) -> list[str]:
    return [item.key for item in camvid_full.items(camvid_full.Config(str(root)), split)]


def test_colours_are_the_published_ones() -> None:
    names = dict(zip(camvid_full.INFO.names, camvid_full.INFO.categories))
    assert len(names) == 31 and len(camvid_full.INFO.raw_values) == 32
    assert names["Sky"].color == (128, 128, 128) and names["LaneMkgsNonDriv"].color == (192, 0, 64)
    assert all(category.color[0] << 16 | category.color[1] << 8 | category.color[2] == raw for category, raw in pairs())
    assert [raw for raw, train_id in camvid_full.INFO.raw_values if train_id is None] == [0]
    # SegNet's 11 classes have the colours of the classes they are named for, but for their pavement.
    published = {category.color for category in camvid_full.INFO.categories}
    assert [category.name for category in camvid.INFO.categories if category.color not in published] == ["pavement"]


def pairs() -> list[tuple[object, int]]:
    """(category, raw value) of all classes."""
    raw_of = {train_id: raw for raw, train_id in camvid_full.INFO.raw_values}
    return [(category, raw_of[train_id]) for train_id, category in enumerate(camvid_full.INFO.categories)]


def test_pixels_against_the_map_read_plainly(tree: Path) -> None:
    config = camvid_full.Config(str(tree))
    item = next(camvid_full.items(config, "train"))
    example = camvid_full.load(config, item)
    rgb = np.asarray(Image.open(item.path("mask")))
    for train_id, category in enumerate(camvid_full.INFO.categories):
        np.testing.assert_array_equal(example.semantic == train_id, (rgb == category.color).all(-1))
    np.testing.assert_array_equal(example.semantic == 255, (rgb == 0).all(-1))


def test_folders_and_zip_files_split_alike(tree: Path, tmp_path: Path) -> None:
    expected = {"train": ["0006R0_f00930", "0016E5_08190"], "eval": ["0016E5_07959", "0016E5_08159"]}
    expected["test"] = ["0001TP_008550", "Seq05VD_f00000"]
    assert {split: keys(tree, split) for split in expected} == expected
    # As published: the frames in a folder of their zip file, the labels without one.
    for name, top in (("701_StillsRaw_full", "701_StillsRaw_full/"), ("LabeledApproved_full", "")):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for path in sorted((tree / name).iterdir()):
                archive.write(path, top + path.name)
    assert {split: keys(tmp_path, split) for split in expected} == expected
    config = camvid_full.Config(str(tmp_path))
    assert camvid_full.load(config, next(camvid_full.items(config, "eval"))).semantic is not None


def test_the_fixture_is_divided_into_folders(shared_data: Path) -> None:
    config = camvid_full.Config(str(shared_data / "layout_fixtures/camvid_dataset"))
    assert "divided into folders" in camvid_full.found(config)
    assert [len(list(camvid_full.items(config, split))) for split in ("train", "eval", "test")] == [1, 1, 2]
    for item in camvid_full.items(config, "test"):
        example = camvid_full.load(config, item)
        red, green, blue = np.moveaxis(np.asarray(Image.open(item.path("mask")).convert("RGB"), np.int32), -1, 0)
        np.testing.assert_array_equal(example.raw, red * 65536 + green * 256 + blue)


def test_broken_trees_are_explained(tree: Path) -> None:
    config = camvid_full.Config(str(tree))
    item = next(camvid_full.items(config, "train"))
    small_folder.save(Path(item.path("mask")), np.full((18, 24, 3), (1, 2, 3), np.uint8))
    with pytest.raises(errors.DataError, match=r"raw value 66051 = RGB \(1, 2, 3\) on 432 pixels is not listed"):
        camvid_full.load(config, item)
    Path(item.path("mask")).unlink()
    with pytest.raises(errors.DataError, match="_L.png: the mask of `0006R0_f00930` is missing"):
        camvid_full.load(config, next(camvid_full.items(config, "train")))
    with pytest.raises(errors.UserError, match="not CamVid; expected the folders or zip files 701_StillsRaw_full"):
        next(camvid_full.items(camvid_full.Config(str(tree / "701_StillsRaw_full")), "train"))
