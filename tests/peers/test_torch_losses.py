"""Cross-entropy as torch computes it: void, class weights, smoothing, the hardest pixels; and the gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from seg_models.losses import cross_entropy
from tests import tiny_models
from tests.peers import arrays, torch_results

torch = pytest.importorskip("torch")
functional = torch.nn.functional

INFO = tiny_models.INFO
SIZE = (2, 9, 11)
CLASS_WEIGHTS = np.array([0.5, 1.0, 2.0, 3.0, 0.1], np.float32)


def truth(*, void: bool) -> np.ndarray:
    """Int32 [2, 9, 11]; if `void`, nearly half of the first image and one pixel of the second are."""
    random = np.random.default_rng(3)
    semantic = random.integers(0, INFO.num_categories, SIZE)
    if void:
        semantic[0][random.random(SIZE[1:]) < 0.4] = INFO.void
        semantic[1, 0, 0] = INFO.void
    return semantic.astype(np.int32)


def compare(
    what: str,
    config: cross_entropy.Config,
    semantic: np.ndarray,
    theirs: Callable[[Any, Any], Any],
    weights: np.ndarray = np.ones(INFO.num_categories, np.float32),
) -> None:
    """Our loss of random scores, and theirs: of scores [B, C, H, W] and truth int64 [B, H, W]."""
    weight = np.append(weights, np.float32(0))[np.minimum(semantic, INFO.num_categories)]
    batch, target = {"semantic": tf.constant(semantic)}, torch.tensor(semantic).long()
    torch_results.assert_equal(
        what,
        lambda scores: cross_entropy.loss(config, INFO, batch, scores, tf.constant(weight)),
        lambda scores: theirs(torch_results.first(scores), target),
        3 * arrays.normal(*SIZE, INFO.num_categories),
    )


@pytest.mark.parametrize("weights", [np.ones_like(CLASS_WEIGHTS), CLASS_WEIGHTS])
def test_the_mean_over_what_is_known(weights: np.ndarray) -> None:
    """By class weights or without; both divide by the sum of the weights."""
    compare(
        f"cross-entropy {weights}",
        cross_entropy.Config(),
        truth(void=True),
        lambda scores, target: functional.cross_entropy(
            scores, target, weight=torch.tensor(weights), ignore_index=INFO.void
        ),
        weights,
    )


def test_label_smoothing() -> None:
    compare(
        "label smoothing",
        cross_entropy.Config(label_smoothing=0.1),
        truth(void=True),
        lambda scores, target: functional.cross_entropy(
            scores, target, ignore_index=INFO.void, label_smoothing=0.1
        ),
    )


def test_the_hardest_pixels_of_each_image() -> None:
    def theirs(scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        losses = functional.cross_entropy(scores, target, reduction="none").flatten(1)
        return losses.topk(25, dim=1).values.mean()  # of 99: a quarter, rounded up

    compare("hardest quarter", cross_entropy.Config(hardest_fraction=0.25), truth(void=False), theirs)


def test_pixels_that_are_not_easy() -> None:
    def theirs(scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        losses = functional.cross_entropy(scores, target, reduction="none", ignore_index=INFO.void)
        known = target != INFO.void
        probability = scores.softmax(1).gather(1, target.where(known, 0)[:, None])[:, 0]
        return losses[known & (probability < 0.7)].mean()

    compare("hard examples", cross_entropy.Config(easy_probability=0.7), truth(void=True), theirs)
