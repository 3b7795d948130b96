"""ADE20K scene parsing on its two real sample images, and its table against objectInfo150.txt."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import errors, records
from seg_models.datasets import ade20k
from tests.raw_trees import ade20k as raw_tree


def test_real_maps_are_shifted_by_one_and_zero_is_void(shared_data: Path) -> None:
    config = ade20k.Config(data_dir=str(shared_data / "ade20k_sceneparse150"))
    items = list(ade20k.items(config, "eval"))
    assert [item.key for item in items] == ["ADE_val_00000001", "ADE_val_00000002"]
    for item in items:
        example = ade20k.load(config, item)
        values = np.asarray(Image.open(item.path("mask")))
        expected = np.where(values == 0, 255, values.astype(int) - 1)
        np.testing.assert_array_equal(example.semantic, expected)
        np.testing.assert_array_equal(example.raw, values)
        assert example.image_bytes == Path(item.path("image")).read_bytes()


def test_the_table_has_the_names_of_the_official_list(shared_data: Path) -> None:
    listed = (shared_data / "ade20k_sceneparse150/ADEChallengeData2016/objectInfo150.txt").read_text().splitlines()[1:]
    assert [line.split("\t")[-1].strip() for line in listed] == list(ade20k.INFO.names)


def test_test_images_have_no_labels(tmp_path: Path) -> None:
    config = ade20k.Config(data_dir=str(raw_tree.make(tmp_path)))
    items = list(ade20k.items(config, "test"))
    assert len(items) == 2
    assert ade20k.load(config, items[0]).semantic is None


def test_the_tree_itself_is_as_good_as_the_folder_above(tmp_path: Path) -> None:
    raw_tree.make(tmp_path)
    above = ade20k.Config(data_dir=str(tmp_path))
    below = ade20k.Config(data_dir=str(tmp_path / "ADEChallengeData2016"))
    assert list(ade20k.items(above, "train")) == list(ade20k.items(below, "train"))


def test_the_downloads_as_they_are(tmp_path: Path) -> None:
    raw_tree.make(tmp_path / "made")
    for name in ("ADEChallengeData2016", "release_test"):
        shutil.make_archive(str(tmp_path / "zips" / name), "zip", tmp_path / "made", name)
    made, zips = (ade20k.Config(data_dir=str(tmp_path / each)) for each in ("made", "zips"))
    for split in ade20k.INFO.splits:
        pairs = list(zip(ade20k.items(made, split), ade20k.items(zips, split), strict=True))
        assert pairs
        for unpacked, packed in pairs:
            assert unpacked.key == packed.key
            assert records.encode(ade20k.load(made, unpacked)) == records.encode(ade20k.load(zips, packed))


def test_another_folder_is_told_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="annotations/training"):
        list(ade20k.items(ade20k.Config(data_dir=str(tmp_path)), "train"))


def test_class_151_is_refused(tmp_path: Path) -> None:
    config = ade20k.Config(data_dir=str(raw_tree.make(tmp_path)))
    item = next(ade20k.items(config, "train"))
    values = np.asarray(Image.open(item.path("mask"))).copy()
    values[0, :3] = 151
    Image.fromarray(values).save(item.path("mask"))
    with pytest.raises(errors.DataError, match="raw value 151 on 3 pixels"):
        ade20k.load(config, item)
