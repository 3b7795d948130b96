"""instance_values: maps of class and number in one value, into objects and back."""

from pathlib import Path

import numpy as np
import pytest

from seg_models import dataset, errors, image_files, records
from seg_models.raw import instance_values
from tests import small_folder

INFO = dataset.DatasetInfo(
    name="three",
    categories=(
        dataset.Category("road", (1, 1, 1)),
        dataset.Category("car", (2, 2, 2), is_thing=True),
        dataset.Category("person", (3, 3, 3), is_thing=True),
    ),
    raw_values=((0, None), (7, 0), (24, 2), (26, 1), (29, None)),
)


def example(**fields: object) -> dataset.Example:
    """An image of 1x6 pixels."""
    return dataset.Example("a", image_files.encode_png(np.zeros((1, 6, 3), np.uint8)), "png", 1, 6, **fields)


def round_trip(values: list[int], numbering: instance_values.Numbering) -> dataset.Example:
    """The example of a map, which is the same again after a record."""
    given = np.array([values], np.int32)
    found = instance_values.annotated(example(), given, numbering, INFO, "a.png")
    item = dataset.Item("a", (("image", "a.jpg"), ("instance", "a.png")))
    decoded = records.decode(records.encode(found))
    ((path, restored),) = instance_values.restore(decoded, item, numbering, INFO)
    assert path == "a.png"
    np.testing.assert_array_equal(restored, given)
    return found


def told(found: dataset.Example) -> list[tuple[int, bool, int]]:
    return [(thing.category, thing.is_crowd, thing.source_id) for thing in found.objects]


def test_cityscapes_ids_below_1000_are_regions_and_crowds_of_things() -> None:
    found = round_trip([26000, 26, 7, 26003, 24, 0], instance_values.CITYSCAPES)
    assert found.semantic.tolist() == [[1, 1, 0, 1, 2, 255]]
    assert told(found) == [(2, True, 24), (1, True, 26), (1, False, 26000), (1, False, 26003)]
    assert found.instance.tolist() == [[3, 2, 0, 4, 1, 0]]
    assert instance_values.REST not in found.maps and found.findings == ()


def test_kitti_number_0_is_no_instance_and_stuff_may_be_numbered() -> None:
    car, road, caravan = 26 * 256, 7 * 256, 29 * 256
    found = round_trip([car + 1, car, road + 5, road, caravan + 2, car + 1], instance_values.KITTI)
    assert told(found) == [(1, True, 26 * 256), (1, False, 26 * 256 + 1)]
    assert found.instance.tolist() == [[2, 1, 0, 0, 0, 2]]
    # Numbered road and void are no objects; their values, plus 1, are kept apart.
    assert found.maps[instance_values.REST].tolist() == [[0, 0, 7 * 256 + 6, 0, 29 * 256 + 3, 0]]


def test_mapillary_number_0_is_an_instance() -> None:
    found = round_trip([26 * 256, 26 * 256 + 1, 7 * 256, 0, 0, 24 * 256], instance_values.MAPILLARY)
    assert told(found) == [(2, False, 24 * 256), (1, False, 26 * 256), (1, False, 26 * 256 + 1)]


def test_the_semantic_map_counts_where_the_two_differ(tmp_path: Path) -> None:
    labels, values = np.array([[26, 26, 7, 7, 0, 0]], np.uint8), np.array([[26001, 7, 26001, 7, 0, 24000]], np.uint16)
    for name, array in (("mask", labels), ("instance", values)):
        small_folder.save(tmp_path / f"{name}.png", array)
    item = dataset.Item("a", tuple((role, str(tmp_path / f"{role}.png")) for role in ("image", "mask", "instance")))
    found = instance_values.load(example(), item, instance_values.CITYSCAPES, INFO)
    assert found.semantic.tolist() == [[1, 1, 0, 0, 255, 255]]
    assert found.instance.tolist() == [[2, 0, 0, 0, 0, 0]] and told(found) == [(1, False, 26001)]
    (finding,) = found.findings
    assert finding.kind == "category" and "instance.png: 3 pixels are of another class" in finding.text
    assert "row 0, column 1" in finding.text
    decoded = records.decode(records.encode(found))
    restored = dict(instance_values.restore(decoded, item, instance_values.CITYSCAPES, INFO))
    for name in ("mask", "instance"):
        path = str(tmp_path / f"{name}.png")
        np.testing.assert_array_equal(restored[path], image_files.read_raw_mask(path))


def test_an_unlisted_label_and_a_coloured_map_are_refused() -> None:
    def read(found: dataset.Example, values: list[int]) -> None:
        instance_values.annotated(found, np.array([values]), instance_values.CITYSCAPES, INFO, "a.png")

    with pytest.raises(errors.DataError, match="^a.png: raw value 40 on 2 pixels is not listed"):
        read(example(), [40001, 40001, 7, 7, 7, 7])
    labelled = example(raw=np.full((1, 6), 7), semantic=np.zeros((1, 6), np.uint8))
    with pytest.raises(errors.DataError, match="^a.png: value 40001 on 1 pixels is of label 40, which is not listed"):
        read(labelled, [40001, 7, 7, 7, 7, 7])
    with pytest.raises(errors.DataError, match="this one is RGB"):
        read(example(), [70000] * 6)
