"""bsds_amodal: what each of several people drew of an image, kept apart."""

from pathlib import Path

import pytest

from seg_models import errors, records
from seg_models.datasets import bsds_amodal
from tests.raw_trees import bsds_amodal as tree
from tests.raw_trees import cocoa


def test_people_are_kept_apart(tmp_path: Path) -> None:
    config = bsds_amodal.Config(str(tree.make(tmp_path)))
    item = next(bsds_amodal.items(config, "eval"))
    assert item.key == "101085"
    example = bsds_amodal.load(config, item)
    decoded = records.decode(records.encode(example))
    boxes = [[thing.amodal.nonzero() for thing in decoded.objects if thing.annotator == person] for person in range(3)]
    assert [len(each) for each in boxes] == [5, 4, 3]
    for person, several in enumerate(boxes):
        for (rows, columns), box in zip(several, cocoa.BOXES[person:], strict=True):
            assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == box
    assert set(decoded.instance.ravel().tolist()) == {
        0,
        1,
        2,
        3,
        5,
    }, "the map is the first person's; its fourth is hidden"
    third = next(thing for thing in decoded.objects if thing.annotator == 2 and thing.depth == 0)
    assert (
        third.instance == 0 and third.mask.sum() == 96
    ), "what hides it in the first person's eyes is not in the third's"


def test_splits_and_places_of_the_images(tmp_path: Path) -> None:
    config = bsds_amodal.Config(str(tree.make(tmp_path)))
    assert [len(list(bsds_amodal.items(config, split))) for split in bsds_amodal.INFO.splits] == [2, 2, 1]
    (tmp_path / "BSR" / "BSDS500" / "data" / "images").rename(tmp_path / "bsds_images")
    assert bsds_amodal.load(config, next(bsds_amodal.items(config, "train"))).height == cocoa.HEIGHT
    (tmp_path / "bsds_images").rename(tmp_path / "pictures")
    with pytest.raises(
        errors.UserError, match="no images of BSDS_amodal_train.json in it; expected them in bsds_images"
    ):
        next(bsds_amodal.items(config, "train"))
    with pytest.raises(errors.UserError, match="not BSDS amodal; expected BSDS_amodal_train.json"):
        next(bsds_amodal.items(bsds_amodal.Config(str(tmp_path / "pictures")), "train"))
