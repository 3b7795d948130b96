"""A record against its source: every field that differs is named, with the number of values."""

import dataclasses

import numpy as np
import pytest

from seg_models import dataset, record_comparison, records
from seg_models.datasets import toy_streets

CONFIG = toy_streets.Config(images_train=3, height=48, width=64)


def example() -> dataset.Example:
    """A street with amodal masks and depths, and what else an Example may hold."""
    made = toy_streets.load(CONFIG, list(toy_streets.items(CONFIG, "train"))[1])
    first = dataclasses.replace(made.objects[0], occlusion=0.1, name="the car", source_id=2**40, annotator=0)
    maps = {"annotator/1/regions": np.arange(48 * 64).reshape(48, 64)}
    finding = dataset.Finding("area", "x: 1, not 2.")
    return dataclasses.replace(
        made, objects=(first, *made.objects[1:]), maps=maps, annotation=b'{"a": 1}', findings=(finding,)
    )


def differences(**changes: object) -> list[str]:
    return list(record_comparison.differences(dataclasses.replace(example(), **changes), example()))


def test_a_record_is_its_source() -> None:
    stored = records.decode(records.encode(example()))
    assert list(record_comparison.differences(stored, example())) == []


def test_every_field_is_compared() -> None:
    changed = {
        "key": "other",
        "image_bytes": b"x",
        "image_format": "jpeg",
        "height": 1,
        "width": 1,
        "semantic": None,
        "instance": None,
        "objects": (),
        "raw": np.zeros((1, 1), int),
        "maps": {},
        "annotation": b"",
        "findings": (),
    }
    fields = {field.name for field in dataclasses.fields(dataset.Example)} - set(record_comparison.PASSING)
    assert fields == set(changed), "a new field needs a change here that must be found"
    for name, value in changed.items():
        found = differences(**{name: value})
        assert found and all(f"`{name}`" in sentence for sentence in found)


def test_one_pixel_is_named_with_its_values() -> None:
    semantic = example().semantic.copy()
    before = semantic[7, 9]
    semantic[7, 9] = 3 if before != 3 else 4
    assert differences(semantic=semantic) == [
        f"`semantic` differs on 1 of 3072 pixels ({semantic[7, 9]}, not {before}, at row 7, column 9)"
    ]
    assert differences(maps={"annotator/1/regions": example().maps["annotator/1/regions"] * 2})[0].startswith(
        "`maps` annotator/1/regions differs on 3071 of 3072 pixels (2, not 1, at row 0, column 1)"
    )


def test_one_byte_is_named() -> None:
    assert differences(annotation=b'{"a": 2}') == ["`annotation` differs in 1 of 8 bytes, from byte 6"]
    assert differences(annotation=b'{"a": 22}') == ["`annotation` has 9 bytes, not 8"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", 0),
        ("instance", 99),
        ("is_crowd", True),
        ("mask", np.ones((48, 64), bool)),
        ("amodal", np.ones((48, 64), bool)),
        ("depth", None),
        ("occlusion", 0.1000001),
        ("annotator", 1),
        ("name", ""),
        ("source_id", 3),
    ],
)
def test_every_field_of_an_object_is_compared(field: str, value: object) -> None:
    objects = example().objects
    found = differences(objects=(dataclasses.replace(objects[0], **{field: value}), *objects[1:]))
    assert len(found) == 1 and found[0].startswith(f"`objects` 0 `{field}` ")


def test_all_fields_of_objects_are_in_that_list() -> None:
    marks = test_every_field_of_an_object_is_compared.pytestmark
    assert {case[0] for case in marks[0].args[1]} == {field.name for field in dataclasses.fields(dataset.Object)}


def test_an_object_more() -> None:
    objects = example().objects
    assert differences(objects=objects[:-1]) == [f"`objects` are {len(objects) - 1}, not {len(objects)}"]
