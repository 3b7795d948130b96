"""COCO-Stuff: three layouts, the values of each, against plain reading of the native files."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image

from seg_models import dataset, errors
from seg_models.datasets import coco_stuff
from tests.raw_trees import coco as coco_tree
from tests.raw_trees import coco_stuff as tree

# Worked out from the published list of labels: id, name, train id.
KNOWN = ((1, "person", 0), (13, "stop sign", 11), (90, "toothbrush", 79), (92, "banner", 80), (182, "wood", 170))


def loaded(folder: Path, split: str) -> list[dataset.Example]:
    """The examples of a split."""
    config = coco_stuff.Config(data_dir=str(folder))
    return [coco_stuff.load(config, item) for item in coco_stuff.items(config, split)]


def expected(ids: np.ndarray) -> np.ndarray:
    """Train ids of ids [H, W], by the rule that 11 things of 182 classes are left out."""
    unused = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83, 91)
    train_ids = ids.astype(int) - 1 - (ids[..., None] > np.array(unused)).sum(-1)
    return np.where(ids == 0, 255, train_ids)


@pytest.mark.parametrize("identity, name, train_id", KNOWN)
def test_classes(identity: int, name: str, train_id: int) -> None:
    assert coco_stuff.PUBLISHED.names[train_id] == name
    assert dict(coco_stuff.PUBLISHED.raw_values)[identity - 1] == train_id
    assert dict(coco_stuff.PUBLISHED_10K.raw_values)[identity] == train_id
    assert expected(np.array([[identity]])).item() == train_id


def test_tables() -> None:
    assert coco_stuff.PUBLISHED.num_categories == 171 and len(coco_stuff.PUBLISHED.thing_ids) == 80
    assert dict(coco_stuff.PUBLISHED.raw_values)[255] is dict(coco_stuff.PUBLISHED_10K.raw_values)[0] is None
    assert 11 not in dict(coco_stuff.PUBLISHED.raw_values), "street sign, id 12, is never annotated"


def test_164k_in_zip_files(tmp_path: Path) -> None:
    tree.make(tmp_path)
    archive = zipfile.ZipFile(tmp_path / "stuffthingmaps_trainval2017.zip")
    for split, name, count in (("train", "train2017", 3), ("eval", "val2017", 2)):
        examples = loaded(tmp_path, split)
        assert len(examples) == count
        for example in examples:
            raw = np.asarray(Image.open(archive.open(f"{name}/{example.key}.png")))
            np.testing.assert_array_equal(example.raw, raw)
            np.testing.assert_array_equal(example.semantic, expected(raw + np.uint8(1)))
    assert [example.semantic for example in loaded(tmp_path, "test")] == [None, None]
    assert coco_stuff.found(coco_stuff.Config(str(tmp_path))).startswith("COCO-Stuff 164k; train: images in")


def test_164k_unpacked_with_maps_of_other_programs(tmp_path: Path) -> None:
    tree.make(tmp_path)
    with zipfile.ZipFile(tmp_path / "stuffthingmaps_trainval2017.zip") as archive:
        archive.extractall(tmp_path / "annotations")
    (tmp_path / "stuffthingmaps_trainval2017.zip").unlink()
    (tmp_path / "images").mkdir()
    for name in ("train2017", "val2017"):
        (tmp_path / name).rename(tmp_path / "images" / name)
    (tmp_path / "annotations/train2017/000000000001_labelTrainIds.png").write_bytes(b"any")
    assert [len(loaded(tmp_path, split)) for split in ("train", "eval", "test")] == [3, 2, 2]


def test_10k(tmp_path: Path) -> None:
    tree.make_10k(tmp_path)
    config = coco_stuff.Config(data_dir=str(tmp_path))
    assert dict(coco_stuff.info(config).expected_counts) == {"train": 9000, "eval": 1000}
    examples = loaded(tmp_path, "train")
    assert [len(examples), len(loaded(tmp_path, "eval")), len(loaded(tmp_path, "test"))] == [3, 2, 0]
    for example in examples:
        native = scipy.io.loadmat(tmp_path / "annotations" / f"{example.key}.mat")
        np.testing.assert_array_equal(example.raw, native["S"])
        np.testing.assert_array_equal(example.semantic, expected(native["S"]))
        np.testing.assert_array_equal(example.maps["superpixels"], native["regionMapStuff"])
        told = json.loads(example.annotation)
        assert told["captions"] == ["A fake picture.", "Noise, è noise."]
        assert told["regionLabelsStuff"] == native["regionLabelsStuff"].ravel().tolist()


def test_10k_in_its_zip_file_and_folder(tmp_path: Path) -> None:
    tree.make_10k(tmp_path / "raw")
    with zipfile.ZipFile(tmp_path / "cocostuff-10k-v1.1.zip", "w") as archive:
        for path in sorted((tmp_path / "raw").rglob("*.*")):
            archive.write(path, path.relative_to(tmp_path / "raw"))
    assert [example.key for example in loaded(tmp_path, "eval")] == [f"COCO_train2014_{n:012d}" for n in (3, 4)]
    (tmp_path / "cocostuff-10k-v1.1.zip").unlink()
    (tmp_path / "raw").rename(tmp_path / "cocostuff-10k-v1.1")
    assert len(loaded(tmp_path, "train")) == 3


@pytest.mark.parametrize(
    "change, message",
    [
        ({"S": np.full((24, 32), 12.0)}, "mat: raw value 12 on 768 pixels is not listed"),
        ({"S": np.full((24, 32), 183.0)}, "mat: raw value 183 on 768 pixels is not listed"),
        ({"S": np.full((24, 32), 1.5)}, "mat: `S`: has values that are not whole numbers"),
        ({"S": np.ones((32, 24))}, "mat: the mask is 24x32, its image .*jpg is 32x24"),
        ({"names": np.zeros((1, 172), object)}, "mat: of version 1.0, whose values mean other classes"),
        ({"S": None}, "mat: no `S`"),
    ],
)
def test_broken_mats_are_named(tmp_path: Path, change: dict, message: str) -> None:
    tree.make_10k(tmp_path)
    variables = {**tree.variables(np.random.default_rng(0)), **change}
    path = tmp_path / "annotations/COCO_train2014_000000000000.mat"
    scipy.io.savemat(path, {name: value for name, value in variables.items() if value is not None})
    with pytest.raises(errors.DataError, match=f"COCO_train2014_000000000000.{message}"):
        loaded(tmp_path, "train")


def test_10k_files_that_lists_name_but_are_not_there(tmp_path: Path) -> None:
    tree.make_10k(tmp_path)
    (tmp_path / "annotations/COCO_train2014_000000000001.mat").unlink()
    with pytest.raises(errors.DataError, match="000001.mat: the mat of `COCO_train2014_000000000001` is missing"):
        loaded(tmp_path, "train")
    (tmp_path / "imageLists/train.txt").write_text("../../etc/passwd\n")
    with pytest.raises(errors.DataError, match="../../etc/passwd.jpg` is refused"):
        loaded(tmp_path, "train")


def test_a_value_of_an_unused_class_is_refused(tmp_path: Path) -> None:
    for name in ("train2017", "val2017"):
        coco_tree.save_image(tmp_path / "images" / name / "1.jpg", np.random.default_rng(0))
        path = tmp_path / "stuffthingmaps" / name / "1.png"
        path.parent.mkdir(parents=True)
        Image.fromarray(np.full((24, 32), 11, np.uint8)).save(path)
    with pytest.raises(errors.DataError, match="1.png: raw value 11 on 768 pixels is not listed"):
        loaded(tmp_path, "train")


def test_the_real_sample(shared_data: Path) -> None:
    folder = shared_data / "coco_stuff"
    examples = [*loaded(folder, "train"), *loaded(folder, "eval")]
    assert len(examples) == 13 and len(loaded(folder, "eval")) > 0
    for example in examples:
        raw = np.asarray(Image.open(folder / "train_label" / f"{example.key}.png"))
        np.testing.assert_array_equal(example.raw, raw)
        np.testing.assert_array_equal(example.semantic, expected(raw + np.uint8(1)))


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="not COCO-Stuff; expected stuffthingmaps_trainval2017.zip"):
        loaded(tmp_path, "train")
