"""Categories of a COCO JSON: their order, odd ids, colours, and what exporters add."""

import json
from pathlib import Path

import pytest

from seg_models import dataset, errors
from seg_models.raw import category_table, coco_categories


def read(folder: Path, entries: object, published: str = "") -> coco_categories.Categories:
    """Reads a JSON with these categories."""
    (folder / "a.json").write_text(json.dumps({"images": [], "categories": entries}))
    return coco_categories.read(folder / "a.json", published)


def test_order_of_ids_odd_ids_and_colours(tmp_path: Path) -> None:
    table, names = read(
        tmp_path,
        [
            {"id": 7, "name": "tree", "color": [1, 2, 3], "isthing": 0},
            {"id": -1, "name": "car", "color": "#0A0bff"},
            {"id": 0, "name": "tree", "color": "green", "supercategory": ["odd"]},
        ],
    )
    assert table.raw_values == ((-1, 0), (0, 1), (7, 2))
    assert table.categories == (
        dataset.Category("car", (10, 11, 255), is_thing=True),
        dataset.Category("tree (0)", dataset.palette_color(1), is_thing=True),
        dataset.Category("tree (7)", (1, 2, 3)),
    )
    assert names == {7: "tree", -1: "car", 0: "tree"}


def test_what_all_classes_are_a_kind_of_is_no_class(tmp_path: Path) -> None:
    entries = [{"id": 0, "name": "cells", "supercategory": "none"}, {"id": 1, "name": "red", "supercategory": "cells"}]
    found = read(tmp_path, entries)
    assert found.table.raw_values == ((1, 0),) and found.names == {0: "cells", 1: "red"}
    entries[1]["supercategory"] = "none"
    assert read(tmp_path, entries).table.raw_values == ((0, 0), (1, 1))
    assert read(tmp_path, entries[:1]).table.raw_values == ((0, 0),)


def test_a_part_of_the_published_ones_gives_all_of_them(tmp_path: Path) -> None:
    entries = [{"id": 200, "name": "rug-merged"}, {"id": 1, "name": "person"}]
    found = read(tmp_path, entries, "coco_panoptic")
    assert found.table.categories == category_table.read("coco_panoptic").categories
    assert len(found.table.raw_values) == 133 and dict(found.table.raw_values)[200] == 132
    entries[0]["name"] = "rug"
    assert read(tmp_path, entries, "coco_panoptic").table.raw_values == ((1, 0), (200, 1))


@pytest.mark.parametrize(
    "entries, message",
    [
        ([], "`categories` is absent or empty"),
        ({}, "`categories` is no array"),
        ([{"id": 1}], r"a category is {'id': 1}; expected `id`, a number, and `name`, a text"),
        ([{"id": "1", "name": "a"}], "a category is"),
        ([{"id": True, "name": "a"}], "a category is"),
        ([{"id": 1, "name": " "}], "a category is"),
        (["person"], "a category is person"),
        ([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], "category 1 is listed more than once"),
    ],
)
def test_wrong_ones_are_named(tmp_path: Path, entries: object, message: str) -> None:
    with pytest.raises(errors.UserError, match=f"a.json: .*{message}"):
        read(tmp_path, entries)


def test_the_smallest_file_is_read(tmp_path: Path) -> None:
    for name, size in (("a", 30), ("b", 10), ("c", 20)):
        (tmp_path / name).write_text(" " * size)
    assert coco_categories.smallest([tmp_path / name for name in "abc"]) == tmp_path / "b"
