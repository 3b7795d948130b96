"""camvid: the published split, its lists, and what is wrong with a tree."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import errors
from seg_models.datasets import camvid
from tests import small_folder

CLASSES = "sky building pole road pavement tree sign fence car pedestrian bicyclist"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """CamVid with two images in train and one in val, and their lists."""
    for split, names in (("train", ("a", "b")), ("val", ("c",))):
        for name in names:
            small_folder.save(tmp_path / "CamVid" / split / f"{name}.png", np.full((4, 6, 3), 9, np.uint8))
            small_folder.save(tmp_path / "CamVid" / f"{split}annot" / f"{name}.png", np.full((4, 6), 3, np.uint8))
        lines = [f"/SegNet/CamVid/{split}/{name}.png /SegNet/CamVid/{split}annot/{name}.png\n" for name in names]
        (tmp_path / "CamVid" / f"{split}.txt").write_text("".join(lines))
    return tmp_path


def keys(root: Path, split: str = "train") -> list[str]:
    return [item.key for item in camvid.items(camvid.Config(data_dir=str(root)), split)]


def load(root: Path, index: int = 0, split: str = "train") -> None:
    config = camvid.Config(data_dir=str(root))
    camvid.load(config, list(camvid.items(config, split))[index])


def test_the_published_split_is_listed(shared_data: Path) -> None:
    published = dict(camvid.INFO.expected_counts)
    for data_dir in (shared_data / "camvid", shared_data / "camvid" / "CamVid"):
        assert len(keys(data_dir)) == published["train"] == 367
        assert len(keys(data_dir, "eval")) == published["eval"] == 101
    assert set(keys(shared_data / "camvid")).isdisjoint(keys(shared_data / "camvid", "eval"))
    assert " ".join(camvid.INFO.names) == CLASSES


def test_train_ids_are_the_raw_values_and_11_is_void(shared_data: Path) -> None:
    config = camvid.Config(data_dir=str(shared_data / "camvid"))
    item = next(camvid.items(config, "train"))
    example = camvid.load(config, item)
    raw = np.asarray(Image.open(item.path("mask")))
    assert (example.height, example.width, example.image_format) == (360, 480, "png")
    assert example.image_bytes == Path(item.path("image")).read_bytes()
    np.testing.assert_array_equal(example.semantic, np.where(raw == 11, 255, raw))
    assert example.raw_histogram == {int(value): int((raw == value).sum()) for value in np.unique(raw)}


def test_the_tree_may_be_given_with_or_without_its_last_folder(tree: Path) -> None:
    assert keys(tree) == keys(tree / "CamVid") == ["a", "b"]
    assert keys(tree, "eval") == ["c"]
    assert keys(tree, "test") == []


def test_without_lists_the_folders_decide(tree: Path) -> None:
    (tree / "CamVid" / "train.txt").unlink()
    assert keys(tree) == ["a", "b"]


def test_a_shorter_list_takes_fewer_pairs(tree: Path) -> None:
    (tree / "CamVid" / "train.txt").write_text("/SegNet/CamVid/train/b.png /SegNet/CamVid/trainannot/b.png\n\n")
    assert keys(tree) == ["b"]


@pytest.mark.parametrize(("lost", "role"), [("train/a.png", "image"), ("trainannot/a.png", "mask")])
@pytest.mark.parametrize("listed", [True, False])
def test_half_a_pair_is_an_item_that_fails(tree: Path, lost: str, role: str, listed: bool) -> None:
    if not listed:
        (tree / "CamVid" / "train.txt").write_text("CamVid/train/b.png CamVid/trainannot/b.png\n")
    (tree / "CamVid" / lost).unlink()
    assert sorted(keys(tree)) == ["a", "b"]
    with pytest.raises(errors.DataError, match=f"{lost}: the {role} of `a` is missing; its .*a.png is there"):
        load(tree, keys(tree).index("a"))


def test_a_listed_pair_without_files_fails(tree: Path) -> None:
    (tree / "CamVid" / "train" / "a.png").unlink()
    (tree / "CamVid" / "trainannot" / "a.png").unlink()
    with pytest.raises(errors.DataError, match="train/a.png: the image of `a` is missing; it is listed"):
        load(tree)


def test_two_images_of_one_name_fail(tree: Path) -> None:
    small_folder.save(tree / "CamVid" / "train" / "a.jpg", np.zeros((4, 6, 3), np.uint8))
    with pytest.raises(errors.DataError, match="a.jpg and .*a.png: two files of one key, `a`. Keep one image"):
        load(tree)


def test_an_unlisted_value_and_another_size_fail(tree: Path) -> None:
    mask = tree / "CamVid" / "trainannot" / "a.png"
    small_folder.save(mask, np.full((4, 6), 12, np.uint8))
    with pytest.raises(errors.DataError, match=f"^{mask}: raw value 12 on 24 pixels"):
        load(tree)
    small_folder.save(mask, np.full((4, 5), 1, np.uint8))
    with pytest.raises(errors.DataError, match=f"^{mask}: the mask is 5x4, its image .*train/a.png is 6x4"):
        load(tree)


@pytest.mark.parametrize("listed", [True, False])
def test_test_images_may_come_without_masks(tree: Path, listed: bool) -> None:
    for name in ("t", "u"):
        small_folder.save(tree / "CamVid" / "test" / f"{name}.png", np.full((4, 6, 3), 9, np.uint8))
    if listed:
        (tree / "CamVid" / "test.txt").write_text("".join(f"test/{name}.png testannot/{name}.png\n" for name in "tu"))
    config = camvid.Config(data_dir=str(tree))
    assert keys(tree, "test") == ["t", "u"]
    for item in camvid.items(config, "test"):
        example = camvid.load(config, item)
        assert example.semantic is None and example.raw is None
        assert example.image_bytes == (tree / "CamVid" / "test" / f"{item.key}.png").read_bytes()
    small_folder.save(tree / "CamVid" / "testannot" / "t.png", np.full((4, 6), 3, np.uint8))
    assert camvid.load(config, next(camvid.items(config, "test"))).semantic.tolist() == [[3] * 6] * 4
    with pytest.raises(errors.DataError, match="testannot/u.png: the mask of `u` is missing"):
        load(tree, 1, "test")


def test_a_wrong_folder_is_explained(tree: Path) -> None:
    with pytest.raises(errors.UserError, match="`data_dir` of data set `camvid` is not set"):
        next(camvid.items(camvid.Config(), "train"))
    with pytest.raises(errors.UserError, match="there is no folder"):
        keys(tree / "nowhere")
    shutil.rmtree(tree / "CamVid" / "train")
    with pytest.raises(errors.UserError, match="not CamVid as SegNet's authors publish it; expected the folders train"):
        keys(tree)
