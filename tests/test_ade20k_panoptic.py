"""ADE20K panoptic: which of the two maps wins, and that both come back as they were."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, errors, image_files, records
from seg_models.datasets import ade20k_panoptic
from tests.raw_trees import ade20k_panoptic as raw_tree

INFO = ade20k_panoptic.INFO


@pytest.fixture
def case(tmp_path: Path) -> tuple[ade20k_panoptic.Config, dataset.Item]:
    """A fake tree and its first item."""
    config = ade20k_panoptic.Config(data_dir=str(raw_tree.make(tmp_path)))
    return config, next(ade20k_panoptic.items(config, "train"))


def test_a_hundred_things_and_fifty_stuff() -> None:
    assert (len(INFO.thing_ids), INFO.num_categories) == (100, 150)
    # From the published table of the two numberings.
    places = {1: "bed", 4: "person", 20: "bathtub", 31: "stairs", 59: "airplane", 79: "trade name", 100: "flag"}
    for number, name in places.items():
        assert INFO.names[INFO.thing_ids[number - 1]].startswith(name)


def test_instances_lie_above_the_semantic_map(case: tuple[ade20k_panoptic.Config, dataset.Item]) -> None:
    example = ade20k_panoptic.load(*case)
    scene, channels = (np.asarray(Image.open(case[1].path(role))) for role in ("mask", "instance"))
    assert (scene != np.where(channels[..., 1] > 0, example.semantic + 1, scene)).any(), "the two maps disagree"
    expected = np.where(scene == 0, 255, scene.astype(int) - 1)
    for value, category in ((255, 12), (2, 20), (7, 7)):
        expected[channels[..., 1] == value] = category
    np.testing.assert_array_equal(example.semantic, expected)
    np.testing.assert_array_equal(example.instance, channels[..., 1])
    assert {thing.instance: thing.category for thing in example.objects} == {255: 12, 2: 20, 7: 7}


def test_a_thing_outside_every_instance_is_no_segment(case: tuple[ade20k_panoptic.Config, dataset.Item]) -> None:
    scene = np.asarray(Image.open(case[1].path("mask"))).copy()
    scene[20:, :] = 13
    Image.fromarray(scene).save(case[1].path("mask"))
    example = ade20k_panoptic.load(*case)
    panoptic, ids = records.panoptic(example, INFO)
    assert (example.semantic[20:] == 12).all()
    assert not np.isin(panoptic[20:], list(ids)).any()


def test_both_files_come_back(case: tuple[ade20k_panoptic.Config, dataset.Item]) -> None:
    path = case[1].path("instance")
    channels = np.asarray(Image.open(path)).copy()
    channels[23, 5:9] = (77, 0, 9)
    Image.fromarray(channels).save(path)
    example = ade20k_panoptic.load(*case)
    assert [finding.kind for finding in example.findings] == ["id"]
    decoded = records.decode(records.encode(example))
    restored = dict(ade20k_panoptic.restore(*case, decoded))
    assert sorted(restored) == sorted([case[1].path("mask"), path])
    for each, values in restored.items():
        np.testing.assert_array_equal(values, image_files.read_raw_mask(each))


@pytest.mark.parametrize(("pixel", "message"), [((101, 9, 0), "expected 1..100"), ((5, 2, 0), "two classes")])
def test_contradictions_are_refused(
    case: tuple[ade20k_panoptic.Config, dataset.Item], pixel: tuple[int, int, int], message: str
) -> None:
    path = case[1].path("instance")
    channels = np.asarray(Image.open(path)).copy()
    channels[0, 0] = pixel
    Image.fromarray(channels).save(path)
    with pytest.raises(errors.DataError, match=message):
        ade20k_panoptic.load(*case)
