"""Cross-entropy against numpy, pixel by pixel."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.losses import cross_entropy

INFO = dataset.DatasetInfo("three", tuple(dataset.Category(name, (0, 0, 0)) for name in "abc"), ())
SIZE = (2, 5, 8)


def naive(semantic: np.ndarray, logits: np.ndarray, weight: np.ndarray, fraction: float, smoothing: float) -> float:
    """The weighted mean of the losses, void aside, one pixel at a time.

    Of a fraction less than 1: weight times loss of each image's hardest pixels, over how many of them are not void.
    """
    total, weights = 0.0, 0.0
    for labels, scores, factors in zip(semantic, logits.astype(np.float64), weight):
        costs = []
        for label, score, factor in zip(labels.ravel(), scores.reshape(-1, 3), factors.ravel()):
            log_probability = score - np.log(np.exp(score).sum())
            truth = np.full(3, smoothing / 3)
            if label != 255:
                truth[label] += 1 - smoothing
            costs.append((-(truth @ log_probability), 0.0 if label == 255 else factor))
        costs.sort(key=lambda cost: -cost[0] * cost[1])
        for cost, factor in costs[: int(np.ceil(fraction * len(costs)))]:
            total, weights = total + cost * factor, weights + (factor if fraction == 1 else factor > 0)
    return total / weights


def case(void: float = 0.2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Semantic int32 [B, H, W], logits float32 [B, H, W, 3], weight float32 [B, H, W]."""
    random = np.random.default_rng(1)
    semantic = random.integers(0, 3, SIZE).astype(np.int32)
    semantic[random.random(SIZE) < void] = 255
    return semantic, random.normal(0, 3, (*SIZE, 3)).astype(np.float32), random.uniform(0.5, 2, SIZE).astype(np.float32)


def loss(semantic: np.ndarray, logits: np.ndarray, weight: np.ndarray, **fields: Any) -> tf.Tensor:
    config, truth = cross_entropy.Config(**fields), {"semantic": tf.constant(semantic)}
    return cross_entropy.loss(config, INFO, truth, tf.constant(logits), tf.constant(weight))


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("fraction", [1.0, 0.25, 0.01])
@pytest.mark.parametrize("void", [0.0, 0.2, 0.9])
def test_equals_the_naive_loss(void: float, fraction: float, smoothing: float) -> None:
    semantic, logits, weight = case(void)
    found = loss(semantic, logits, weight, hardest_fraction=fraction, label_smoothing=smoothing)
    assert float(found) == pytest.approx(naive(semantic, logits, weight, fraction, smoothing), rel=1e-5)


def test_by_hand() -> None:
    """Pixels of loss log 2 (weight 3) and log 4 (weight 1), a void one, and one of weight 0."""
    semantic = np.array([[[0, 1, 255, 2]]], np.int32)
    logits = np.log([[[[2.0, 1, 1], [1, 1, 2], [9, 1, 1], [9, 1, 1]]]]).astype(np.float32)
    weight = np.array([[[3.0, 1, 5, 0]]], np.float32)
    assert float(loss(semantic, logits, weight)) == pytest.approx((3 * np.log(2) + np.log(4)) / 4)


def test_the_hardest_are_chosen_in_each_image() -> None:
    """All of the first image's pixels are harder than the second's, yet both give half of theirs."""
    semantic = np.zeros((2, 1, 4), np.int32)
    wrong = np.array([[5.0, 6, 7, 8], [1, 2, 3, 4]])
    logits = np.stack([-wrong, np.full_like(wrong, -50), np.zeros_like(wrong)], -1)[:, None].astype(np.float32)
    costs = np.log1p(np.exp(wrong))
    found = float(loss(semantic, logits, np.ones((2, 1, 4), np.float32), hardest_fraction=0.5))
    assert found == pytest.approx(costs[:, 2:].mean(), rel=1e-5)


def test_weights_make_the_hardest_pixels_cost_more() -> None:
    """Half of the pixels: weight 3 makes the one of log 2 harder than that of log 4, and their mean larger than both.

    Of the second image the only known pixel is chosen; the third has weight 0.
    """
    semantic = np.array([[[0, 1, 0, 0]], [[1, 255, 255, 255]], [[1, 1, 1, 1]]], np.int32)
    logits = np.log([[[2.0, 1, 1], [1, 1, 2], [9, 1, 1], [9, 1, 1]]] * 3)[:, None].astype(np.float32)
    weight = np.array([[[3.0, 1, 1, 1]], [[2.0, 1, 1, 1]], [[0.0] * 4]], np.float32)
    expected = (3 * np.log(2) + np.log(4) + 2 * np.log(4)) / 3
    assert float(loss(semantic, logits, weight, hardest_fraction=0.5)) == pytest.approx(expected)


def test_pixels_that_cost_nothing_are_not_among_the_hardest() -> None:
    """In float32 three of four known pixels cost exactly 0; the one that is left is the mean."""
    semantic = np.zeros((1, 1, 4), np.int32)
    logits = np.array([[[[40.0, 0, 0], [40, 0, 0], [0, 0, 0], [40, 0, 0]]]], np.float32)
    found = loss(semantic, logits, np.ones((1, 1, 4), np.float32), hardest_fraction=0.5)
    assert float(found) == pytest.approx(np.log(3))


def test_void_logits_get_no_gradient_even_where_they_are_huge() -> None:
    semantic, logits, weight = case()
    logits[semantic == 255] *= 1e30
    for fields in ({}, {"hardest_fraction": 0.5}, {"label_smoothing": 0.1}):
        with tf.GradientTape() as tape:
            watched = tf.Variable(logits)
            config = cross_entropy.Config(**fields)
            cost = cross_entropy.loss(config, INFO, {"semantic": tf.constant(semantic)}, watched, tf.constant(weight))
        gradient = tape.gradient(cost, watched).numpy()
        assert np.isfinite(float(cost)) and not gradient[semantic == 255].any() and gradient.any()


def test_half_precision_is_computed_in_float32() -> None:
    semantic, logits, weight = case()
    halves = tf.cast(logits, tf.bfloat16)
    truth = {"semantic": tf.constant(semantic)}
    found = cross_entropy.loss(cross_entropy.Config(), INFO, truth, halves, tf.constant(weight))
    expected = naive(semantic, tf.cast(halves, tf.float32).numpy(), weight, 1.0, 0.0)
    assert found.dtype == tf.float32 and float(found) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("min_kept", "kept"), [(0, [2, 3]), (1, [2, 3]), (3, [1, 2, 3]), (9, [0, 1, 2, 3])])
def test_easy_pixels_are_left_out(min_kept: int, kept: list[int]) -> None:
    """Pixels of probability 0.9, 0.7, 0.4, 0.3; those of 0.5 or more are easy. The void one is never kept."""
    probabilities = np.array([0.9, 0.7, 0.4, 0.3, 0.01])
    logits = np.log(np.stack([probabilities, (1 - probabilities) / 2, (1 - probabilities) / 2], -1)).astype(np.float32)
    semantic = np.array([[[0, 0, 0, 0, 255]]], np.int32)
    weight = np.array([[[1.0, 2, 3, 4, 5]]], np.float32)
    found = loss(semantic, logits[None, None], weight, easy_probability=0.5, min_kept=min_kept)
    expected = np.average(-np.log(probabilities[kept]), weights=weight[0, 0, kept])
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_of_no_hard_pixels_the_hardest_alone_are_kept() -> None:
    """An `easy_probability` of 0 makes every pixel easy; costs are log 3/2, log 3 and log 6."""
    semantic = np.zeros((1, 1, 3), np.int32)
    logits = np.log([[[[4.0, 1, 1], [2, 2, 2], [1, 3, 2]]]]).astype(np.float32)
    found = loss(semantic, logits, np.ones((1, 1, 3), np.float32), easy_probability=0.0, min_kept=2)
    assert float(found) == pytest.approx((np.log(3) + np.log(6)) / 2)


def test_hard_pixels_of_a_smoothed_truth_are_those_of_the_truth() -> None:
    semantic, logits, weight = case()
    probability = np.take_along_axis(tf.nn.softmax(logits).numpy(), semantic[..., None] % 255, axis=-1)[..., 0]
    hard = np.where((probability < 0.6) & (semantic != 255), weight, 0).astype(np.float32)
    found = float(loss(semantic, logits, weight, easy_probability=0.6, label_smoothing=0.2))
    assert found == pytest.approx(naive(semantic, logits, hard, 1.0, 0.2), rel=1e-5)


@pytest.mark.parametrize(
    "fields",
    [
        {"easy_probability": 1.1},
        {"min_kept": -1},
        {"easy_probability": 0.7, "hardest_fraction": 0.2},
        {"easy_probability": 0.0},
        {"min_kept": 5, "hardest_fraction": 0.2},
    ],
)
def test_impossible_choices_of_pixels(fields: dict[str, float]) -> None:
    with pytest.raises(errors.UserError, match="(`easy_probability`|`min_kept`).*expected"):
        cross_entropy.Config(**fields)


@pytest.mark.parametrize("fields", [{"hardest_fraction": 0.0}, {"hardest_fraction": 1.5}, {"label_smoothing": 1.0}])
def test_impossible_settings(fields: dict[str, float]) -> None:
    with pytest.raises(errors.UserError, match="0 < hardest_fraction <= 1"):
        cross_entropy.Config(**fields)
