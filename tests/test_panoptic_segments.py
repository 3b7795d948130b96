"""panoptic_segments: ids of 24 bits, stuff of several segments, and void, there and back; with and without labels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, errors, image_files, records
from seg_models.raw import panoptic_segments
from tests import small_folder

INFO = dataset.DatasetInfo(
    name="two",
    categories=(dataset.Category("road", (1, 1, 1)), dataset.Category("car", (2, 2, 2), is_thing=True)),
    # As high as an id of a category may be in a file of somebody's own.
    raw_values=((0, 0), (2_000_000_000, 1), (2, None)),
)
CAR, VOID = 2_000_000_000, 2
HIGHEST = 2**24 - 1
# id -> label: two segments of road, a car and a crowd of cars, one of void.
LABELS = {5: 0, 70000: 0, HIGHEST: CAR, 300: CAR, 9: VOID}
IDS = np.array([[5, 70000, HIGHEST, 300, 9, 0, 0]])


def source(path: Path, *more: dict[str, int]) -> panoptic_segments.Source:
    """A map of IDS in which category ids are labels plus 10."""
    small_folder.save(path, np.stack([IDS & 255, IDS >> 8 & 255, IDS >> 16], axis=-1).astype(np.uint8))
    entries = [{"id": each, "category_id": 10 + label, "iscrowd": int(each == 300)} for each, label in LABELS.items()]
    entry = {"image_id": 1, "file_name": path.name, "segments_info": [*entries, *more]}
    raw_values = {10 + label: label for label in (0, CAR, VOID)}
    return panoptic_segments.Source(str(path), "a.json", "a.jpg", entry, raw_values)


def example(**fields: np.ndarray) -> dataset.Example:
    return dataset.Example("a", image_files.encode_png(np.zeros((1, 7, 3), np.uint8)), "png", 1, 7, **fields)


def check(found: dataset.Example, given: panoptic_segments.Source) -> None:
    """Whether the objects are those of LABELS, and the map comes back."""
    assert [(thing.category, thing.source_id, thing.is_crowd) for thing in found.objects] == [
        (1, HIGHEST, False),
        (1, 300, True),
    ]
    for thing in found.objects:
        np.testing.assert_array_equal(found.instance == thing.instance, IDS == thing.source_id)
    restored = panoptic_segments.restored(found, given, INFO)
    red, green, blue = np.moveaxis(np.asarray(Image.open(given.path), np.int32), -1, 0)
    np.testing.assert_array_equal(restored, red * 65536 + green * 256 + blue)


def test_beside_a_semantic_map_that_counts(tmp_path: Path) -> None:
    given, semantic = source(tmp_path / "a.png"), np.array([[0, 0, 1, 1, 255, 255, 0]], np.uint8)
    raw = np.array([[0, 0, CAR, CAR, VOID, VOID, 0]])
    found = panoptic_segments.annotated(example(semantic=semantic, raw=raw), given, INFO)
    assert found.findings == () and found.raw is raw
    check(found, given)
    semantic[0, 3], raw[0, 3] = 0, 0
    found = panoptic_segments.annotated(example(semantic=semantic, raw=raw), given, INFO)
    assert [finding.kind for finding in found.findings] == ["category"] and len(found.objects) == 1
    assert panoptic_segments.restored(found, given, INFO)[0, 3] == 300 % 256 << 16 | 300 // 256 << 8


def test_without_a_semantic_map_the_segments_make_it(tmp_path: Path) -> None:
    given = source(tmp_path / "a.png", {"id": 8, "category_id": 10 + CAR})
    found = panoptic_segments.annotated(example(), given, INFO)
    assert found.semantic.tolist() == [[0, 0, 1, 1, 255, 255, 255]]
    assert found.raw.tolist() == [[0, 0, CAR, CAR, VOID, VOID, VOID]]
    assert [finding.kind for finding in found.findings] == ["empty"]
    check(found, given)


def test_it_survives_a_record(tmp_path: Path) -> None:
    info = dataset.DatasetInfo("two", INFO.categories, ((0, 0), (7, 1), (2, None)))
    given = source(tmp_path / "a.png")
    given = given._replace(raw_values={10: 0, 10 + CAR: 7, 10 + VOID: VOID})
    found = panoptic_segments.annotated(example(), given, info)
    stored = records.decode(records.encode(found))
    np.testing.assert_array_equal(
        panoptic_segments.restored(stored, given, info), panoptic_segments.restored(found, given, info)
    )


def test_a_map_of_another_size_is_refused(tmp_path: Path) -> None:
    given = source(tmp_path / "a.png")
    image = dataset.Example("a", b"", "png", 2, 7)
    with pytest.raises(errors.DataError, match=r"a.png: the mask is 7x1, its image a.jpg is 7x2"):
        panoptic_segments.annotated(image, given, INFO)
