"""NYU Depth V2: the published groups of its 894 classes, frames read one by one, and the .h5 fixture."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from seg_models import dataset, errors, image_files
from seg_models.datasets import nyu_depth_v2
from seg_models.raw import category_table
from tests.raw_trees import nyu_depth_v2 as raw_tree

# The published groups of the 40 in the 13.
GROUPS = {
    "bed": ["bed"],
    "books": ["books"],
    "ceiling": ["ceiling"],
    "chair": ["chair"],
    "floor": ["floor", "floor mat"],
    "furniture": "cabinet,bookshelf,counter,shelves,dresser,refridgerator,night stand,otherfurniture".split(","),
    "picture": ["picture"],
    "sofa": ["sofa"],
    "table": ["table", "desk"],
    "tv": ["television"],
    "wall": ["wall", "door"],
    "window": ["window", "blinds", "curtain"],
}


def _groups(classes: str) -> dict[str, set[int]]:
    table = category_table.read(f"nyu_depth_v2_{classes}")
    groups: dict[str, set[int]] = {category.name: set() for category in table.categories}
    for value, train_id in table.raw_values:
        if train_id is not None:
            groups[table.categories[train_id].name].add(value)
    return groups


def test_the_tables_agree() -> None:
    single, forty, thirteen = (_groups(classes) for classes in ("894", "40", "13"))
    assert [len(groups) for groups in (single, forty, thirteen)] == [894, 40, 13]
    assert set().union(*forty.values()) == set().union(*thirteen.values()) == set(range(1, 895))
    # 37 of the 40 are one class of the 894 each, with its name; three gather the rest.
    for name, values in list(forty.items())[:37]:
        assert values == single[name]
    assert [len(values) for values in list(forty.values())[37:]] == [68, 82, 707]
    for name, members in GROUPS.items():
        assert thirteen[name] == set().union(*(forty[member] for member in members))


@pytest.mark.parametrize(("classes", "chair"), [("13", 3), ("40", 4), ("894", 4)])
def test_frames_are_what_was_written(tmp_path: Path, classes: str, chair: int) -> None:
    config = nyu_depth_v2.Config(str(raw_tree.make(tmp_path)), classes)
    images, raw, instances = raw_tree.frames()
    items = [*nyu_depth_v2.items(config, "train"), *nyu_depth_v2.items(config, "eval")]
    assert [item.key for item in items] == ["0001", "0003", "0005", "0002", "0004"]
    info = nyu_depth_v2.info(config)
    train_ids = {value: info.void if train_id is None else train_id for value, train_id in info.raw_values}
    for item in items:
        index = int(item.key) - 1
        example = nyu_depth_v2.load(config, item)
        np.testing.assert_array_equal(image_files.decode_rgb(example.image_bytes), images[index])
        np.testing.assert_array_equal(example.raw, raw[index])
        np.testing.assert_array_equal(example.maps["instances"], instances[index])
        np.testing.assert_array_equal(example.semantic, np.vectorize(train_ids.get)(raw[index]))
        assert example.semantic[9, 2] == chair
        assert (example.semantic[0, 0] == info.void) and info.void == (dataset.VOID_16 if classes == "894" else 255)


def test_an_instance_is_unique_in_the_image(tmp_path: Path) -> None:
    config = nyu_depth_v2.Config(str(raw_tree.make(tmp_path)))
    example = nyu_depth_v2.load(config, next(nyu_depth_v2.items(config, "train")))
    told = [(thing.name, thing.source_id, int((example.instance == thing.instance).sum())) for thing in example.objects]
    # A book lies on the first chair and has, like it, the number 1; walls and floors are no things.
    assert told == [("book", 1, 4), ("chair", 1, 16), ("chair", 2, 20), ("torah", 255, 4)]
    assert not example.instance[example.raw == raw_tree.WALL].any()


def test_the_h5_fixture_has_images_alone(shared_data: Path) -> None:
    config = nyu_depth_v2.Config(str(shared_data / "layout_fixtures/nyu_depth_v2_dataset"))
    items = [item for split in ("train", "eval") for item in nyu_depth_v2.items(config, split)]
    assert sorted(item.key for item in items) == ["1", "2"]
    for item in items:
        example = nyu_depth_v2.load(config, item)
        with h5py.File(item.path("image")) as file:
            pixels = np.moveaxis(file["rgb"][()], 0, -1)
        np.testing.assert_array_equal(image_files.decode_rgb(example.image_bytes), pixels)
        assert example.semantic is None
    assert "without labels" in nyu_depth_v2.found(config)


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    folder = raw_tree.make(tmp_path)
    config = nyu_depth_v2.Config(str(folder))
    item = next(nyu_depth_v2.items(config, "train"))
    with pytest.raises(errors.UserError, match="No `41` among `classes` of nyu_depth_v2.* Known: 13, 40, 894"):
        nyu_depth_v2.Config(str(folder), "41")
    with pytest.raises(errors.DataError, match="entry 9 was asked for"):
        nyu_depth_v2.load(config, dataset.Item("0009", item.paths))
    content = (folder / "nyu_depth_v2_labeled.mat").read_bytes()
    (folder / "nyu_depth_v2_labeled.mat").unlink()
    (folder / "nyu_depth_v2_labeled.mat").write_bytes(content[:3000])
    with pytest.raises(errors.DataError, match="not a MATLAB 7.3"):
        nyu_depth_v2.load(config, item)
    (folder / "splits.mat").unlink()
    with pytest.raises(errors.UserError, match="splits.mat"):
        list(nyu_depth_v2.items(config, "train"))


def test_class_895_is_refused(tmp_path: Path) -> None:
    config = nyu_depth_v2.Config(str(raw_tree.make(tmp_path)))
    with h5py.File(tmp_path / "nyu_depth_v2_labeled.mat", "r+") as file:
        file["labels"][0, 0, :2] = 895
    with pytest.raises(errors.DataError, match="frame 0001: raw value 895 on 2 pixels"):
        nyu_depth_v2.load(config, next(nyu_depth_v2.items(config, "train")))
