"""Confusion matrix: cases worked by hand, random maps against loops over pixels, wide counts."""

import math

import numpy as np
import pytest

from seg_models import dataset, errors, metric
from seg_models.metrics import confusion_matrix

VOID = dataset.VOID


def info(categories: int) -> dataset.DatasetInfo:
    named = tuple(dataset.Category(f"c{i}", (0, 0, 0)) for i in range(categories))
    return dataset.DatasetInfo("x", named, raw_values=())


def counted(truth: object, prediction: object, categories: int = 4) -> confusion_matrix.ConfusionMatrix:
    accumulator = confusion_matrix.build(info(categories), metric.Options())
    accumulator.update(metric.Maps(np.asarray(truth)), metric.Maps(np.asarray(prediction)))
    return accumulator


def test_worked_by_hand() -> None:
    truth = [[0, 0, 0, 0, 1, 1], [1, 1, 1, VOID, VOID, VOID]]
    accumulator = counted(truth, [[0, 0, 1, VOID, 1, 1], [1, 0, 2, 0, 1, 3]])
    assert accumulator.matrix.tolist() == [[2, 1, 0, 0], [1, 3, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert accumulator.missed.tolist() == [1, 0, 0, 0]
    result = accumulator.result()
    iou = [2 / 5, 3 / 6, 0]
    assert [scores["iou"] for scores in result["per_class"].values()][:3] == iou
    assert [scores["accuracy"] for scores in result["per_class"].values()][:2] == [2 / 4, 3 / 5]
    assert [scores["dice"] for scores in result["per_class"].values()][:3] == [4 / 7, 6 / 9, 0]
    assert result["pixel_accuracy"] == 5 / 9
    assert result["mean_accuracy"] == pytest.approx((2 / 4 + 3 / 5) / 2)
    assert result["mean_iou"] == pytest.approx(sum(iou) / 3)
    assert result["fwiou"] == pytest.approx((4 * 2 / 5 + 5 * 3 / 6) / 9)
    assert result["mean_dice"] == pytest.approx((4 / 7 + 6 / 9) / 3)


def test_absent_class_has_no_score_and_is_in_no_mean() -> None:
    result = counted([[0, 0, 1, 1]], [[0, 0, 1, 1]]).result()
    assert result["mean_iou"] == result["mean_dice"] == result["mean_accuracy"] == 1
    assert all(math.isnan(score) for score in result["per_class"]["c3"].values())


def test_class_that_is_only_predicted_scores_zero_but_has_no_accuracy() -> None:
    result = counted([[0, 0]], [[0, 2]]).result()
    assert result["per_class"]["c2"]["iou"] == result["per_class"]["c2"]["dice"] == 0
    assert math.isnan(result["per_class"]["c2"]["accuracy"])
    assert (result["mean_iou"], result["mean_accuracy"]) == (1 / 4, 1 / 2)


def test_nothing_but_void_has_no_score_and_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    result = counted([[VOID, VOID]], [[0, 1]]).result()
    per_class = result.pop("per_class")
    assert all(math.isnan(score) for score in [*result.values(), *per_class["c0"].values()])
    assert not recwarn.list


@pytest.mark.parametrize("value", [VOID, 4, 200, -1, 2**31 - 1])
def test_predicted_void_or_no_class_is_a_miss(value: int) -> None:
    accumulator = counted([[0, 0, 1, VOID]], [[0, value, 1, value]])
    assert accumulator.missed.tolist() == [1, 0, 0, 0]
    result = accumulator.result()
    assert result["per_class"]["c0"] == {"iou": 1 / 2, "accuracy": 1 / 2, "dice": 2 / 3}
    assert result["pixel_accuracy"] == 2 / 3


@pytest.mark.parametrize("value", [4, 254, 65535])
def test_truth_that_is_no_class_is_refused(value: int) -> None:
    with pytest.raises(
        errors.DataError, match=r"1 truth pixels are neither a train id of `x` \(0..3\) nor void \(255\)"
    ):
        counted([[0, value]], [[0, 0]])


def test_wrong_use_is_told() -> None:
    with pytest.raises(ValueError, match="expected one size"):
        counted([[0, 0]], [[0], [0]])
    with pytest.raises(ValueError, match="semantic map"):
        confusion_matrix.build(info(4), metric.Options()).update(metric.Maps(), metric.Maps(np.zeros((1, 1), int)))
    with pytest.raises(ValueError, match="expected"):
        counted([[0]], [[0]], 4).merge(counted([[0]], [[0]], 3))


@pytest.mark.parametrize("categories, void, dtype", [(11, 255, np.uint8), (300, 65535, np.uint16), (5, 255, np.int32)])
def test_random_maps_against_loops(categories: int, void: int, dtype: type) -> None:
    rng = np.random.default_rng(categories)
    accumulator = confusion_matrix.build(info(categories), metric.Options())
    pixels = []
    for _ in range(5):
        truth, prediction = (rng.integers(0, min(categories, 9), (20, 30)).astype(dtype) for _ in range(2))
        prediction = np.where(rng.random(truth.shape) < 0.6, truth, prediction)
        truth[rng.random(truth.shape) < 0.1] = void
        prediction[rng.random(truth.shape) < 0.1] = void
        accumulator.update(metric.Maps(truth), metric.Maps(prediction))
        pixels += [(t, p) for t, p in zip(truth.ravel().tolist(), prediction.ravel().tolist()) if t != void]
    result = accumulator.result()
    present = sorted({t for t, _ in pixels} | {p for _, p in pixels if p != void})
    ious = []
    for category in present:
        shared = sum(t == p == category for t, p in pixels)
        ious.append(shared / sum(category in pair for pair in pixels))
        assert result["per_class"][f"c{category}"]["iou"] == ious[-1]
        assert result["per_class"][f"c{category}"]["accuracy"] == shared / sum(t == category for t, _ in pixels)
    assert result["mean_iou"] == pytest.approx(sum(ious) / len(ious))
    assert result["pixel_accuracy"] == sum(t == p for t, p in pixels) / len(pixels)


def test_counts_of_many_images_do_not_overflow() -> None:
    accumulator = counted([[0, 1]], [[0, 0]], 2)
    for _ in range(40):
        accumulator.merge(accumulator)
    assert accumulator.matrix.dtype == np.int64
    assert accumulator.matrix.tolist() == [[2**40, 0], [2**40, 0]]
    assert accumulator.result()["pixel_accuracy"] == 1 / 2
