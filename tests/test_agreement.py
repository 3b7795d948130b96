"""Agreement of annotators: each measure against values worked out by hand or by another program."""

import dataclasses
import math

import numpy as np
import pytest

from seg_models import dataset, image_files, records
from seg_models.browse import agreement

INFO = dataset.DatasetInfo(
    "made", tuple(dataset.Category(name, (0, 0, 0), True) for name in "abc"), ((0, 0), (1, 1), (2, 2), (255, None))
)
TWO = dataclasses.replace(INFO, categories=INFO.categories[:2])


def test_kappa_of_the_textbook() -> None:
    # 50 pixels: both say b on 20, both a on 15, 5 and 10 apart: observed 0.7, by chance 0.5, kappa 0.4.
    one = np.repeat([1, 1, 0, 0], [20, 5, 10, 15]).reshape(5, 10)
    other = np.repeat([1, 0, 1, 0], [20, 5, 10, 15]).reshape(5, 10)
    found = agreement.of_classes(one, other, TWO)
    assert found[agreement.PIXELS] == pytest.approx(0.7)
    assert found[agreement.KAPPA] == pytest.approx(0.4)
    assert found[agreement.IOU] == pytest.approx((15 / 30 + 20 / 35) / 2)
    assert found[agreement.DICE] == pytest.approx((30 / 45 + 40 / 55) / 2)
    assert found["Dice of b"] == pytest.approx(40 / 55)


def test_void_of_either_does_not_count_and_absent_classes_neither() -> None:
    one = np.array([[0, 0, 1, 255, 1]])
    other = np.array([[0, 1, 255, 0, 1]])
    found = agreement.of_classes(one, other, INFO)
    # Counted: (0, 0), (0, 1), (1, 1).
    assert found[agreement.PIXELS] == pytest.approx(2 / 3)
    assert found[agreement.IOU] == pytest.approx(0.5)
    assert agreement.of_classes(np.full((2, 2), 255), np.zeros((2, 2), int), INFO) == {}
    assert agreement.of_classes(np.zeros((2, 2), int), np.zeros((2, 2), int), INFO)[agreement.KAPPA] == 1.0


def test_iou_follows_its_definition() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 3, (2, 20, 30))
    matrix = np.zeros((3, 3), int)
    np.add.at(matrix, (one.ravel(), other.ravel()), 1)
    expected = [matrix[c, c] / (matrix[c].sum() + matrix[:, c].sum() - matrix[c, c]) for c in range(3)]
    assert agreement.of_classes(one, other, INFO)[agreement.IOU] == pytest.approx(np.mean(expected))


def naive_regions(one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """The definitions, pair by pair and region by region."""
    one, other = one.ravel(), other.ravel()
    count = one.size
    same = [(one[i] == one[j]) == (other[i] == other[j]) for i in range(count) for j in range(i)]

    def covering(of: np.ndarray, by: np.ndarray) -> float:
        total = 0.0
        for region in (of == number for number in np.unique(of)):
            others = [by == number for number in np.unique(by)]
            total += np.sum(region) * max(np.sum(region & other) / np.sum(region | other) for other in others)
        return total / count

    def entropy(values: np.ndarray) -> float:
        shares = np.unique(values, return_counts=True)[1] / count
        return -sum(share * math.log2(share) for share in shares)

    joint = entropy(one * 1000 + other)
    return {
        agreement.COVERING: (covering(one, other) + covering(other, one)) / 2,
        agreement.RAND: float(np.mean(same)),
        agreement.INFORMATION: 2 * joint - entropy(one) - entropy(other),
    }


@pytest.mark.parametrize("seed", range(3))
def test_regions_follow_their_definitions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = np.kron(rng.integers(1, 5, (2, 3, 4)), np.ones((1, 2, 2), int))
    other[0] = one[0]
    assert agreement.of_regions(one, other) == pytest.approx(naive_regions(one, other))


def test_the_numbers_of_regions_mean_nothing() -> None:
    one = np.array([[1, 1, 2], [3, 3, 2]])
    found = agreement.of_regions(one, np.array([[500, 500, 7], [9, 9, 7]]))
    assert found == pytest.approx({agreement.COVERING: 1, agreement.RAND: 1, agreement.INFORMATION: 0})
    halves = agreement.of_regions(np.ones((2, 4), int), np.repeat([[1, 1, 2, 2]], 2, axis=0))
    # One region against two halves: the whole has an IoU of 1/2 with each; 12 of 28 pairs lie in one half.
    assert halves == pytest.approx({agreement.COVERING: 0.5, agreement.RAND: 12 / 28, agreement.INFORMATION: 1.0})


def mask(rows: slice, columns: slice) -> np.ndarray:
    made = np.zeros((6, 8), bool)
    made[rows, columns] = True
    return made


def test_objects_are_matched_by_their_masks() -> None:
    left, right = mask(slice(0, 6), slice(0, 4)), mask(slice(0, 6), slice(4, 8))
    assert agreement.of_objects([left, right], [right, left]) == {agreement.BEST_IOU: 1.0, agreement.F_MEASURE: 1.0}
    part = mask(slice(0, 4), slice(0, 4))
    found = agreement.of_objects([left, right], [part])
    # The IoU of left and part is 16/24; right has none: ((2/3 + 0) / 2 + 2/3) / 2.
    assert found == pytest.approx({agreement.BEST_IOU: 0.5, agreement.F_MEASURE: 2 / 3})
    assert agreement.of_objects([left], []) == {agreement.BEST_IOU: 0.0, agreement.F_MEASURE: 0.0}
    assert agreement.of_objects([], []) == {}


def example(**fields: object) -> dataset.Example:
    image = image_files.encode_png(np.zeros((6, 8, 3), np.uint8))
    return dataset.Example("x", image, "png", 6, 8, **fields)


def test_pairs_of_all_annotators_are_averaged() -> None:
    regions = [np.ones((6, 8), np.uint8), np.ones((6, 8), np.uint8), mask(slice(0, 6), slice(0, 4)).astype(np.uint8)]
    maps = {f"annotator/{number}/regions": values for number, values in enumerate(regions)}
    maps["annotator/0/boundaries"] = regions[0]
    stored = records.decode(records.encode(example(maps=maps)))
    assert [len(several) for several in agreement.annotations(stored)] == [3]
    assert agreement.scores(stored, INFO)[agreement.COVERING] == pytest.approx((1 + 0.5 + 0.5) / 3)


def test_the_first_annotators_classes_are_the_semantic_map() -> None:
    second = np.zeros((6, 8), np.uint8)
    second[:3] = 1
    made = example(semantic=np.zeros((6, 8), np.uint8), maps={"annotator/1/semantic": second})
    assert agreement.scores(made, INFO)[agreement.PIXELS] == pytest.approx(0.5)
    assert agreement.scores(dataclasses.replace(made, maps={}), INFO) == {}


def test_objects_of_several_people_are_compared_whole() -> None:
    whole, seen = mask(slice(0, 6), slice(0, 4)), mask(slice(0, 3), slice(0, 4))
    objects = (
        dataset.Object(0, 0, mask=seen, amodal=whole),
        dataset.Object(0, 0, mask=whole, amodal=whole, annotator=1),
    )
    assert agreement.scores(example(objects=objects), INFO)[agreement.BEST_IOU] == 1.0
    assert agreement.scores(example(objects=objects[:1]), INFO) == {}
