"""Full ADE20K: the two real images, both releases, what hides what, and that every file comes back."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image

from seg_models import dataset, errors, image_files, raw_files, records
from seg_models.datasets import ade20k_full
from tests.raw_trees import ade20k_full as raw_tree


@pytest.fixture
def config(tmp_path: Path) -> ade20k_full.Config:
    """Of a fake tree."""
    return ade20k_full.Config(data_dir=str(raw_tree.make(tmp_path)))


def test_a_real_image(shared_data: Path) -> None:
    config = ade20k_full.Config(data_dir=str(shared_data / "ade20k_full"))
    items = list(ade20k_full.items(config, "train"))
    assert [item.key for item in items] == [f"training/urban/street/ADE_train_000{number}" for number in (16869, 16900)]
    assert [role for role, _ in items[0].paths] == ["image", "mask", "annotation", "parts/1", "parts/2"]
    example = ade20k_full.load(config, items[1])
    info = ade20k_full.info(config)
    red, green, blue = np.moveaxis(np.asarray(Image.open(items[1].path("mask"))).astype(int), -1, 0)
    np.testing.assert_array_equal(example.raw, red // 10 * 256 + green)
    np.testing.assert_array_equal(example.instance & 255, blue)
    listed = json.loads(Path(items[1].path("annotation")).read_bytes())["annotation"]["object"]
    tops = {entry["id"]: entry for entry in listed if entry["parts"]["part_level"] == 0}
    assert sorted(thing.source_id for thing in example.objects) == sorted(tops)
    for thing in example.objects:
        entry = tops[thing.source_id]
        mask = np.asarray(Image.open(Path(items[1].path("image")).parent / entry["instance_mask"]))
        np.testing.assert_array_equal(example.instance == thing.instance, mask == 255)
        np.testing.assert_array_equal(thing.amodal, mask > 0)
        assert thing.occlusion == pytest.approx((mask == 128).sum() / (mask > 0).sum())
        assert info.names[thing.category] == entry["name"]
        assert thing.name == entry["raw_name"]
    _check_what_hides_is_nearer(example)
    assert example.annotation == Path(items[1].path("annotation")).read_bytes()
    _check_files_come_back(config, items[1], example)


def test_layers_worked_out_by_hand(config: ade20k_full.Config) -> None:
    item = next(item for item in ade20k_full.items(config, "train") if "nature" in item.key)
    example = ade20k_full.load(config, item)
    info = ade20k_full.info(config)
    sky, car, person = example.objects
    assert [info.names[thing.category].split(",")[0] for thing in example.objects] == ["sky", "car", "person"]
    # Four objects, one of them of a class that is not selected: depth counts it, the objects do not.
    assert [thing.depth for thing in example.objects] == [3, 2, 1]
    # The car's 18 x 20 pixels are hidden by the person in 18 rows and 6 columns.
    assert car.occlusion == pytest.approx(18 * 6 / 360)
    assert car.amodal.sum() == 360 and (example.instance == car.instance).sum() == 252
    assert person.occlusion == 0 and person.name == raw_tree.WORD
    unlisted = example.semantic[2:8, 30:38]
    assert (unlisted == dataset.VOID_16).all() and (example.raw[2:8, 30:38] == raw_tree.UNLISTED).all()
    assert {"parts/1/class", "parts/1/instance", "parts/1/id", "parts/2/class"} <= set(example.maps)
    assert set(np.unique(example.maps["parts/1/id"])) == {0, 5}
    _check_what_hides_is_nearer(example)


def test_more_instances_than_a_byte_counts(config: ade20k_full.Config) -> None:
    item = next(item for item in ade20k_full.items(config, "train") if item.key.endswith("00000003"))
    example = ade20k_full.load(config, item)
    assert len(example.objects) == 320
    assert len({thing.instance for thing in example.objects}) == 320
    assert all((example.instance == thing.instance).sum() == 2 for thing in example.objects)
    assert not example.findings


def test_every_file_comes_back(config: ade20k_full.Config) -> None:
    for item in ade20k_full.items(config, "train"):
        _check_files_come_back(config, item, ade20k_full.load(config, item))


def test_the_2020_fixture(shared_data: Path) -> None:
    config = ade20k_full.Config(data_dir=str(shared_data / "layout_fixtures/ade20k2020_dataset/dataset"))
    (train,), (held_out,) = (list(ade20k_full.items(config, split)) for split in ("train", "eval"))
    for item in (train, held_out):
        example = ade20k_full.load(config, item)
        names = [ade20k_full.info(config).names[thing.category].split(",")[0] for thing in example.objects]
        assert names == ["car", "person"]
        _check_files_come_back(config, item, example)


def test_the_2016_release(shared_data: Path, tmp_path: Path) -> None:
    release = tmp_path / "ADE20K_2016_07_26"
    shutil.copytree(shared_data / "layout_fixtures/ade20k2017_dataset/dataset", release / "images")
    names = np.empty((1, 3), object)
    names[0] = ["sky", "license plate", "rim"]
    scipy.io.savemat(release / "index_ade20k.mat", {"index": {"objectnames": names}})
    config = ade20k_full.Config(data_dir=str(tmp_path), classes="all")
    assert ade20k_full.info(config).names == ("sky", "license plate", "rim")
    assert dict(ade20k_full.info(config).expected_counts) == {"train": 20210, "eval": 2000}
    item = next(ade20k_full.items(config, "train"))
    assert "2016" in ade20k_full.found(config)
    example = ade20k_full.load(config, item)
    # The fixture's person has the class 0, which is none.
    (sky,) = example.objects
    assert (sky.name, sky.source_id, sky.amodal) == ("sky", 1, None)
    blue = np.asarray(Image.open(item.path("mask")))[..., 2]
    np.testing.assert_array_equal(example.instance == sky.instance, blue == 1)
    assert example.annotation == Path(item.path("annotation")).read_bytes()
    _check_files_come_back(config, item, example)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"id": 1,', '"id": 0,', "stands there twice"),
        ('"part_level": 0', '"level": 0', "not an ADE20K annotation"),
        ("ADE_train_00000001/instance_001", "../../x/instance_001", "is refused"),
        ("instance_001", "instance_777", "missing"),
        ("{", "", "not JSON"),
    ],
)
def test_broken_annotations(config: ade20k_full.Config, old: str, new: str, message: str) -> None:
    item = next(item for item in ade20k_full.items(config, "train") if "nature" in item.key)
    path = Path(item.path("annotation"))
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))
    with pytest.raises(errors.DataError, match=message):
        ade20k_full.load(config, item)


def test_disagreeing_files_are_findings(config: ade20k_full.Config) -> None:
    item = next(item for item in ade20k_full.items(config, "train") if "nature" in item.key)
    path = Path(item.path("annotation"))
    content = json.loads(path.read_bytes().decode("iso-8859-1"))
    content["annotation"]["object"][1]["name_ndx"] = raw_tree.PERSON
    del content["annotation"]["object"][2]
    path.write_text(json.dumps(content))
    example = ade20k_full.load(config, item)
    assert sorted(finding.kind for finding in example.findings) == ["category", "id"]
    assert "401" in example.findings[0].text
    assert len(example.objects) == 3
    _check_files_come_back(config, item, example)


def test_a_wrong_selection_and_a_missing_index(config: ade20k_full.Config) -> None:
    with pytest.raises(errors.UserError, match="`classes` is `frequent`; expected `150`, `847`, `all`"):
        ade20k_full.info(ade20k_full.Config(config.data_dir, "frequent"))
    with pytest.raises(errors.UserError, match="index_ade20k.pkl"):
        ade20k_full.info(ade20k_full.Config(config.data_dir, "all"))


def _check_what_hides_is_nearer(example: dataset.Example) -> None:
    """Where an object is hidden by another, that one has a lower depth."""
    checked = 0
    for behind in example.objects:
        hidden = behind.amodal & (example.instance != behind.instance)
        for instance in np.unique(example.instance[hidden]):
            for front in example.objects:
                if instance and front.instance == instance:
                    assert front.depth < behind.depth
                    checked += 1
    assert checked


def _check_files_come_back(config: ade20k_full.Config, item: dataset.Item, example: dataset.Example) -> None:
    """Every map and mask out of the record equals its file."""
    decoded = records.decode(records.encode(example))
    restored = dict(ade20k_full.restore(config, item, decoded))
    expected = {path for role, path in item.paths if role not in ("image", "annotation")}
    folder = Path(item.path("image")).with_suffix("")
    expected |= {str(folder / name) for name in raw_files.names(folder) if "777" not in name}
    if item.path("annotation").endswith(".json"):
        listed = json.loads(decoded.annotation.decode("iso-8859-1"))["annotation"]["object"]
        named = {entry["instance_mask"] for entry in (listed if isinstance(listed, list) else [listed])}
        expected = {path for path in expected if "/instance_" not in path or path[len(f"{folder.parent}/") :] in named}
    assert set(restored) == expected
    for path, values in restored.items():
        np.testing.assert_array_equal(values, image_files.read_raw_mask(path), err_msg=path)
