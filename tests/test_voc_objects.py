"""Objects from two maps of numbers: classes by pixels or as told, borders, what the maps disagree on."""

import numpy as np
import pytest

from seg_models import dataset
from seg_models.raw import voc_objects

VOID = 255
SEMANTIC = np.array([[0, 3, 3, VOID], [5, 5, 3, VOID], [0, 0, 0, VOID]], np.uint8)


def annotated(numbers: list[list[int]], categories: dict[int, int] | None = None) -> dataset.Example:
    example = dataset.Example("a", b"", "png", 3, 4, semantic=SEMANTIC)
    return voc_objects.annotated(example, np.array(numbers, np.int32), "a.png", categories)


@pytest.mark.parametrize("categories", [None, {1: 3, 2: 5}])
def test_what_agrees(categories: dict[int, int] | None) -> None:
    numbers = [[0, 1, 1, 255], [2, 2, 1, 255], [0, 0, 0, 255]]
    example = annotated(numbers, categories)
    assert [(thing.category, thing.instance, thing.mask) for thing in example.objects] == [(3, 1, None), (5, 2, None)]
    assert example.instance.tolist() == [[0, 1, 1, 0], [2, 2, 1, 0], [0, 0, 0, 0]]
    assert not example.maps and not example.findings
    assert voc_objects.identities(example, SEMANTIC == VOID).tolist() == numbers


def test_an_object_may_reach_into_the_border() -> None:
    example = annotated([[0, 1, 1, 1], [0, 0, 1, 0], [0, 0, 0, 255]])
    assert example.instance[0].tolist() == [0, 1, 1, 1] and not example.findings
    assert example.maps["objects"].tolist() == [[0, 1, 1, 1], [0, 0, 1, 0], [0, 0, 0, 255]], "no border around it"


def test_pixels_of_another_class_are_left_to_it() -> None:
    example = annotated([[1, 1, 1, 255], [1, 0, 1, 255], [0, 0, 0, 255]])
    (thing,) = example.objects
    assert thing.category == 3 and int(thing.mask.sum()) == 5
    assert example.instance.tolist() == [[0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    (finding,) = example.findings
    assert finding.kind == "category" and finding.text.startswith(
        "a.png: object 1 has 2 pixels of other classes than 3"
    )
    assert voc_objects.identities(example, SEMANTIC == VOID).tolist()[0] == [1, 1, 1, 255]


def test_an_object_without_a_class_is_told_and_kept_in_the_maps() -> None:
    example = annotated([[9, 0, 0, 255], [0, 0, 0, 255], [0, 0, 7, 7]])
    assert not example.objects and not example.instance.any()
    assert [finding.text.split(" has ")[0] for finding in example.findings] == ["a.png: object 7", "a.png: object 9"]
    assert example.maps["objects"][2].tolist() == [0, 0, 7, 7]


def test_a_category_that_is_told_goes_before_the_pixels() -> None:
    example = annotated([[0, 1, 1, 255], [1, 0, 1, 255], [0, 0, 0, 255]], {1: 5})
    assert example.objects[0].category == 5 and int((example.instance == 1).sum()) == 1
