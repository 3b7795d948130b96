"""panoptic_segments: ids of 24 bits, stuff of several segments, and void, there and back."""

from pathlib import Path

import numpy as np
import pytest

from seg_models import dataset, errors, image_files, panoptic_segments
from tests import small_folder

INFO = dataset.DatasetInfo(
    name="two",
    categories=(dataset.Category("road", (1, 1, 1)), dataset.Category("car", (2, 2, 2), is_thing=True)),
    raw_values=((0, 0), (1, 1), (2, None)),
)
HIGHEST = 2**24 - 1
# id -> label: two segments of road, a car and a crowd of cars, one of void.
LABELS = {5: 0, 70000: 0, HIGHEST: 1, 300: 1, 9: 2}


def listed() -> list[panoptic_segments.Segment]:
    entries = [{"id": each, "category_id": 10 + label, "iscrowd": int(each == 300)} for each, label in LABELS.items()]
    return panoptic_segments.segments({"segments_info": entries}, {10: 0, 11: 1, 12: 2}, "a.json")


def save(path: Path, ids: np.ndarray) -> str:
    rgb = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)
    small_folder.save(path, rgb)
    return str(path)


def test_there_and_back(tmp_path: Path) -> None:
    ids = np.array([[5, 70000, HIGHEST, 300, 9, 0, 0]])
    raw = np.array([[0, 0, 1, 1, 2, 2, 0]])
    path = save(tmp_path / "a.png", ids)
    example = dataset.Example("a", b"", "png", 1, 7, semantic=np.array([[0, 0, 1, 1, 255, 255, 0]], np.uint8), raw=raw)
    found = panoptic_segments.annotated(example, listed(), INFO, path, "a.json")
    assert [(thing.source_id, thing.is_crowd) for thing in found.objects] == [(HIGHEST, False), (300, True)]
    assert found.instance.tolist() == [[0, 0, 1, 2, 0, 0, 0]]
    assert found.findings == ()
    np.testing.assert_array_equal(panoptic_segments.restored(found, listed(), INFO), ids)
    np.testing.assert_array_equal(image_files.read_segment_ids(path), ids)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"category_id": 10}], "expected `id` and a `category_id`"),
        ([{"id": 1, "category_id": 99}], "KeyError: 99"),
        (["x"], "expected `id`"),
        ([{"id": 1, "category_id": 10}] * 2, "two segments of `a.png` have the id 1"),
    ],
)
def test_broken_entries_are_explained(entries: list[object], message: str) -> None:
    with pytest.raises(errors.DataError, match="^a.json: ") as caught:
        panoptic_segments.segments({"file_name": "a.png", "segments_info": entries}, {10: 0}, "a.json")
    assert message in str(caught.value)
