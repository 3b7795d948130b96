"""The folders, lists and palette of PASCAL VOC."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from seg_models import errors
from seg_models.raw import voc_tree

# From the development kit: the first colours of VOCcolormap, and that of the border.
COLORS = {
    0: (0, 0, 0),
    1: (128, 0, 0),
    2: (0, 128, 0),
    4: (0, 0, 128),
    8: (64, 0, 0),
    15: (192, 128, 128),
    20: (0, 64, 128),
}


def test_the_palette_is_the_published_one() -> None:
    assert {index: voc_tree.color(index) for index in COLORS} == COLORS
    assert voc_tree.color(255) == (224, 224, 192)
    assert len({voc_tree.color(index) for index in range(256)}) == 256
    assert voc_tree.packed_colors()[[1, 4, 255]].tolist() == [128 << 16, 128, 224 << 16 | 224 << 8 | 192]


def test_colours_become_indices() -> None:
    indices = np.arange(256).reshape(8, 32)
    np.testing.assert_array_equal(voc_tree.indices(voc_tree.packed_colors()[indices], "a.png"), indices)
    with pytest.raises(errors.DataError, match=r"^a.png: the colour \(1, 2, 3\) on 2 pixels is not in the palette"):
        voc_tree.indices(np.array([[0, 0x010203, 0x010203]]), "a.png")


@pytest.mark.parametrize("below", ["VOC2012", "VOCdevkit/VOC2011", "TrainVal/VOCdevkit/VOC2011"])
def test_a_year_is_found_wherever_it_lies(tmp_path: Path, below: str) -> None:
    (tmp_path / below / "JPEGImages").mkdir(parents=True)
    year = int(below[-4:])
    assert voc_tree.find(tmp_path, "voc") == voc_tree.find(tmp_path, "voc", year) == (tmp_path / below, year)
    assert voc_tree.find(tmp_path / below, "voc") == (tmp_path / below, year)
    with pytest.raises(
        errors.UserError, match="as data set `voc` needs it; expected VOCdevkit/VOC2007/JPEGImages in it"
    ):
        voc_tree.find(tmp_path, "voc", 2007)


def test_the_newest_goes_first_and_a_folder_of_any_name_is_taken(tmp_path: Path) -> None:
    for name in ("VOC2007", "VOC2012", "mine"):
        (tmp_path / name / "JPEGImages").mkdir(parents=True)
    assert voc_tree.find(tmp_path, "voc") == (tmp_path / "VOC2012", 2012)
    assert voc_tree.find(tmp_path / "mine", "voc") == (tmp_path / "mine", 0)


def test_a_year_in_a_zip_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "download.zip", "w") as archive:
        archive.writestr("VOCdevkit/VOC2012/JPEGImages/a.jpg", b"a")
    assert voc_tree.find(tmp_path, "voc") == (tmp_path / "download.zip" / "VOCdevkit" / "VOC2012", 2012)


def test_lists(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    assert voc_tree.listed(path) == []
    path.write_text("2007_b  1\n\n2007_a -1\n2007_b\n/JPEGImages/2007_c.jpg /SegmentationClassAug/2007_c.png\n")
    assert voc_tree.listed(path) == ["2007_a", "2007_b", "2007_c"]
