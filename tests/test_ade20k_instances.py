"""Instances of full ADE20K out of channel B and masks, on maps of a few pixels."""

import numpy as np

from seg_models import places
from seg_models.raw import ade20k_channels, ade20k_instances, ade20k_regions

TRAIN_IDS = {0: None, 1: None, 10: 0, 11: 1}


def _channels(numbers: list, values: list) -> ade20k_channels.Channels:
    number, instance = (np.array([each], np.int32) for each in (numbers, values))
    return ade20k_channels.Channels(number, instance, np.zeros_like(number))


def _region(identity: int, number: int, mask: str = "x.png") -> ade20k_regions.Region:
    return ade20k_regions.Region(identity, 0, number, "name", mask)


def _mask(values: list) -> places.Part:
    return places.part_of(np.array([values]))


def test_several_share_a_value() -> None:
    channels = _channels([10, 10, 10, 11], [5, 5, 5, 5])
    masks = {7: _mask([255, 0, 0, 0]), 8: _mask([128, 255, 0, 128]), 9: _mask([0, 0, 0, 255])}
    regions = [_region(7, 10), _region(8, 10), _region(9, 11)]
    built = ade20k_instances.build(channels, regions, masks, TRAIN_IDS, "m.png")
    # The third pixel is in no mask: the map knows an object of the value there that no mask shows.
    assert built.instance.tolist() == [[5, 261, 0, 517]]
    assert [(thing.source_id, thing.category) for thing in built.objects] == [(7, 0), (8, 0), (9, 1)]
    assert built.objects[1].occlusion == np.float32(2 / 3)
    assert not built.findings


def test_without_masks_the_rank_counts() -> None:
    channels = _channels([10, 11, 1, 10], [100, 200, 50, 100])
    regions = [_region(1, 0, ""), _region(2, 0, ""), _region(3, 0, ""), _region(4, 0, "")]
    built = ade20k_instances.build(channels, regions, {}, TRAIN_IDS, "m.png")
    assert built.instance.tolist() == [[100, 200, 0, 100]]
    assert [(thing.source_id, thing.category, thing.depth) for thing in built.objects] == [(2, 0, None), (3, 1, None)]
    (finding,) = built.findings
    assert finding.text == "m.png: object 4 (name) of the annotation has no pixel in the map."


def test_a_hidden_object_and_an_unlisted_instance() -> None:
    channels = _channels([10, 10, 0, 11], [9, 9, 0, 3])
    masks = {0: _mask([255, 255, 0, 0]), 1: _mask([128, 0, 0, 0])}
    built = ade20k_instances.build(channels, [_region(0, 10), _region(1, 11)], masks, TRAIN_IDS, "m.png")
    front, hidden, unlisted = built.objects
    assert (front.instance, front.depth, hidden.instance, hidden.depth, hidden.occlusion) == (9, 0, 0, None, 1.0)
    assert (unlisted.instance, unlisted.category) == (3, 1)
    assert [finding.kind for finding in built.findings] == ["id"]
