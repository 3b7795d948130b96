"""camvid_tree: the rule by which a frame's name says its split, against the published lists."""

from pathlib import Path

import pytest

from seg_models.raw import camvid_tree


def test_the_rule_is_that_of_the_published_lists(shared_data: Path) -> None:
    for split, name, count in (("train", "train", 367), ("eval", "val", 101)):
        lines = (shared_data / "camvid" / "CamVid" / f"{name}.txt").read_text().split()[::2]
        keys = [Path(line).stem for line in lines]
        assert len(keys) == count
        assert {camvid_tree.split_of(key) for key in keys} == {split}


@pytest.mark.parametrize(
    ("key", "split"),
    [
        ("0001TP_008520", "train"),
        ("0001TP_008550", "test"),
        ("Seq05VD_f00000", "test"),
        ("0016E5_07920", "train"),
        ("0016E5_08190", "train"),
        ("0006R0_f03930", "train"),
    ],
)
def test_frames_at_the_borders_of_the_splits(key: str, split: str) -> None:
    assert camvid_tree.split_of(key) == split
