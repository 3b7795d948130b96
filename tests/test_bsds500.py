"""bsds500: every annotator of the real files survives a record, whatever their number; broken files."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io

from seg_models import errors, records
from seg_models.datasets import bsds500
from tests.raw_trees import bsds500 as tree


@pytest.mark.parametrize("below", ["", "BSDS500", "BSDS500/data"])
def test_real_annotators_are_kept_apart(shared_data: Path, below: str) -> None:
    config = bsds500.Config(data_dir=str(shared_data / "bsds500" / below))
    items = list(bsds500.items(config, "train"))
    assert len(items) == 50 and items[0].key == "100075"
    for item in items[:3]:
        truth = scipy.io.loadmat(item.path("regions"))["groundTruth"][0]
        example = bsds500.load(config, item)
        decoded = records.decode(records.encode(example))
        assert len(example.maps) == len(decoded.maps) == 2 * len(truth) >= 8
        for number, person in enumerate(truth):
            np.testing.assert_array_equal(decoded.maps[f"annotator/{number}/regions"], person["Segmentation"][0, 0])
            np.testing.assert_array_equal(decoded.maps[f"annotator/{number}/boundaries"], person["Boundaries"][0, 0])
        assert example.semantic is None and example.instance is None and not example.objects
        assert decoded.image_bytes == Path(item.path("image")).read_bytes()


def test_splits_and_more_than_255_regions(tmp_path: Path) -> None:
    config = bsds500.Config(data_dir=str(tree.make(tmp_path)))
    assert {split: [item.key for item in bsds500.items(config, split)] for split in bsds500.INFO.splits} == {
        "train": ["100007", "100039"],
        "eval": ["101085", "101087"],
        "test": ["102062"],
    }
    example = bsds500.load(config, next(bsds500.items(config, "train")))
    decoded = records.decode(records.encode(example))
    assert decoded.maps["annotator/2/regions"].max() == 320
    np.testing.assert_array_equal(decoded.maps["annotator/1/regions"], tree.regions("100007", 1))


def test_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    config = bsds500.Config(data_dir=str(tree.make(tmp_path)))
    item = next(bsds500.items(config, "train"))
    path = Path(item.path("regions"))
    whole = path.read_bytes()
    wrong = [
        (lambda: path.write_bytes(whole[: len(whole) // 2]), "not a .mat file that can be read, or truncated"),
        (lambda: path.write_bytes(b""), "the file is empty"),
        (lambda: tree.save(path, [np.ones((3, 4), np.uint16)]), "the mask is 4x3, its image"),
        (lambda: tree.save(path, []), "`groundTruth` is empty"),
        (lambda: tree.save(path, [np.full((tree.HEIGHT, tree.WIDTH), 70000)]), "has the value 70000"),
        (lambda: scipy.io.savemat(path, {"truth": 1}), "no `groundTruth`"),
        (path.unlink, "the regions of `100007` is missing"),
    ]
    for spoil, message in wrong:
        spoil()
        with pytest.raises(errors.DataError, match=message):
            bsds500.load(config, item)


def test_another_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="not BSDS500; expected the folders images/train and groundTruth/train"):
        next(bsds500.items(bsds500.Config(str(tmp_path)), "train"))
