"""Cityscapes' labels against the published numbers, and its polygons against maps painted by hand."""

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from seg_models import errors
from seg_models.raw import cityscapes_labels, instance_values

HEIGHT, WIDTH = 20, 30


def polygons(*objects: tuple[str, list[list[float]]], **more: object) -> bytes:
    """The text of a *_polygons.json."""
    entries = [{"label": label, "polygon": outline} for label, outline in objects]
    return json.dumps({"imgHeight": HEIGHT, "imgWidth": WIDTH, "objects": entries, **more}).encode()


def box(left: int, top: int, right: int, bottom: int) -> list[list[int]]:
    """A rectangle whose sides belong to it."""
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def painted(text: bytes) -> np.ndarray:
    return cityscapes_labels.painted(text, HEIGHT, WIDTH, "a_polygons.json")


def test_the_19_classes_are_the_published_ones() -> None:
    table = cityscapes_labels.table("19")
    names = (
        "road,sidewalk,building,wall,fence,pole,traffic light,traffic sign,vegetation,terrain,sky,"
        "person,rider,car,truck,bus,train,motorcycle,bicycle"
    )
    assert ",".join(category.name for category in table.categories) == names
    assert [category.name for category in table.categories if category.is_thing] == names.split(",")[11:]
    counted = {raw: train_id for raw, train_id in table.raw_values if train_id is not None}
    assert [counted[raw] for raw in (7, 8, 11, 17, 23, 26, 33)] == [0, 1, 2, 5, 10, 13, 18]
    assert [raw for raw, train_id in table.raw_values if train_id is None] == [*range(7), 9, 10, 14, 15, 16, 18, 29, 30]
    assert table.categories[13].color == (0, 0, 142)


def test_with_34_classes_train_ids_are_ids() -> None:
    table = cityscapes_labels.table("34")
    assert table.raw_values == tuple((value, value) for value in range(34))
    things = [value for value, category in enumerate(table.categories) if category.is_thing]
    assert things == [24, 25, 26, 27, 28, 29, 30, 31, 32, 33]
    assert table.categories[18].name == "polegroup" and table.categories[29].name == "caravan"


def test_polygons_are_painted_in_order_and_counted_by_class() -> None:
    text = polygons(
        ("road", box(0, 10, 29, 19)),
        ("car", box(0, 0, 3, 3)),  # 26000, covered by the next
        ("car", box(0, 0, 5, 5)),  # 26001
        ("person", box(4, 4, 6, 6)),  # 24000
        ("license plate", box(0, 0, 29, 19)),  # never painted
        ("cargroup", box(10, 2, 14, 6)),  # the bare id
        ("car", box(12, 4, 16, 8)),  # 26002
        ("polegroup", box(20, 0, 20, 12)),  # a label of its own
        ("traffic signgroup", box(22, 0, 24, 2)),  # a group of what has no instances
    )
    expected = np.zeros((HEIGHT, WIDTH), np.int32)
    expected[10:] = 7
    expected[:6, :6] = 26001
    expected[4:7, 4:7] = 24000
    expected[2:7, 10:15] = 26
    expected[4:9, 12:17] = 26002
    expected[:13, 20] = 18
    expected[:3, 22:25] = 20
    np.testing.assert_array_equal(painted(text), expected)
    labels = instance_values.CITYSCAPES.labels(expected)
    assert set(np.unique(labels).tolist()) == {0, 7, 18, 20, 24, 26}


def test_deleted_polygons_are_neither_painted_nor_counted() -> None:
    content = json.loads(polygons(("car", box(0, 0, 3, 3)), ("car", box(5, 5, 8, 8))))
    content["objects"][0]["deleted"] = 1
    content["objects"][1]["deleted"] = 0
    assert np.unique(painted(json.dumps(content).encode())).tolist() == [0, 26000]


def test_slanted_outlines_are_pils() -> None:
    outline = [[1, 2], [27, 5], [14.5, 18], [9, 9], [-4, 25]]
    plain = Image.new("L", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(plain).polygon([tuple(point) for point in outline], fill=21)
    np.testing.assert_array_equal(painted(polygons(("vegetation", outline))), np.asarray(plain))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "no polygons of Cityscapes"),
        (b"[]", "no polygons of Cityscapes"),
        (polygons(objects=[{"label": "car"}]), "KeyError: 'polygon'"),
        (polygons(("cat", box(0, 0, 1, 1))), "No `cat` among the labels of Cityscapes. Did you mean `car`"),
        (polygons(("car", [[1, 1]])), "a polygon of `car` cannot be painted"),
        (polygons(("car", [[1, "x"], [2, 2]])), "a polygon of `car` cannot be painted"),
        (polygons(imgWidth=31), "polygons for an image of 31x20; the image is 30x20"),
    ],
)
def test_broken_polygons_are_explained(text: bytes, message: str) -> None:
    with pytest.raises(errors.DataError, match="^a_polygons.json: ") as caught:
        painted(text)
    assert message in str(caught.value)
