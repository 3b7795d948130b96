"""SUN RGB-D: which map is which frame's, and what a damaged toolbox is told."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from seg_models import errors
from seg_models.datasets import sun_rgbd
from tests.raw_trees import sun_rgbd as raw_tree


@pytest.fixture
def config(tmp_path: Path) -> sun_rgbd.Config:
    """Of a fake tree."""
    return sun_rgbd.Config(str(raw_tree.make(tmp_path)))


def test_every_frame_has_its_own_maps(config: sun_rgbd.Config) -> None:
    order = (*raw_tree.TEST, *raw_tree.TRAIN)
    for split, frames in (("train", raw_tree.TRAIN), ("eval", raw_tree.TEST)):
        items = list(sun_rgbd.items(config, split))
        assert [item.key for item in items] == sorted(frames)
        for item in items:
            example = sun_rgbd.load(config, item)
            classes, names = raw_tree.maps(order.index(item.key))
            np.testing.assert_array_equal(example.raw, classes)
            np.testing.assert_array_equal(example.semantic, np.where(classes == 0, 255, classes.astype(int) - 1))
            np.testing.assert_array_equal(example.maps["seglabelall"], names)
            assert example.annotation.startswith(b'{"frames"')
            assert example.image_bytes == Path(item.path("image")).read_bytes()


def test_the_37_classes() -> None:
    names = sun_rgbd.INFO.names
    assert (len(names), names[0], names[19], names[36]) == (37, "wall", "floor_mat", "bag")


def test_frames_without_polygons(config: sun_rgbd.Config) -> None:
    next((Path(config.data_dir) / "SUNRGBD").rglob("index.json")).unlink()
    examples = [sun_rgbd.load(config, item) for split in ("train", "eval") for item in sun_rgbd.items(config, split)]
    assert sorted(bool(example.annotation) for example in examples) == [False, True, True, True, True]


def test_what_is_wrong_is_said(config: sun_rgbd.Config) -> None:
    toolbox = Path(config.data_dir) / "SUNRGBDtoolbox"
    item = next(sun_rgbd.items(config, "train"))
    with h5py.File(toolbox / sun_rgbd.LABELS, "r+") as file:
        file[f"#refs#/seglabel{int(item.annotation)}"][0, :3] = 38
    with pytest.raises(errors.DataError, match=f"frame {item.key}: raw value 38 on 3 pixels"):
        sun_rgbd.load(config, item)
    with h5py.File(toolbox / "new.mat", "w") as file:
        file["other"] = np.zeros(3)
    (toolbox / "new.mat").replace(toolbox / sun_rgbd.LABELS)
    with pytest.raises(errors.DataError, match="no variable `SUNRGBD2Dseg/seglabel` in it; it has other"):
        sun_rgbd.load(config, item)
    (toolbox / sun_rgbd.FRAMES).unlink()
    with pytest.raises(errors.UserError, match="allsplit.mat"):
        list(sun_rgbd.items(config, "train"))
