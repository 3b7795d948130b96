"""Lovász-softmax against the definition of the Lovász extension, and at the corners of the cube."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import soft_counts
from seg_models.losses import lovasz_softmax
from tests import four_pixels, tiny_losses

IMAGES = soft_counts.Scope(per_image=True, only_present=True)


def jaccard_loss(wrong: np.ndarray, own: np.ndarray, weight: np.ndarray) -> float:
    """1 - IoU when the pixels of `wrong` (bool [N]) are mispredicted and those of `own` (bool [N]) are the class's."""
    union = weight[own | wrong].sum()
    return 1 - weight[own & ~wrong].sum() / union if union else 0.0


def extension(errors: np.ndarray, own: np.ndarray, weight: np.ndarray) -> float:
    """The Lovász extension at float [N], by definition: the integral over t in 0..1 of the loss of {error > t}."""
    heights = np.unique([0.0, *errors])
    levels = [jaccard_loss(errors > height, own, weight) for height in heights[:-1]]
    return float(np.diff(heights) @ levels)


def naive(per_image: bool, only_present: bool) -> float:
    """The loss of the tiny batch, class by class."""
    semantic, weight = tiny_losses.batch()["semantic"].numpy(), tiny_losses.weight().numpy().astype(np.float64)
    probabilities = tf.nn.softmax(tiny_losses.logits()).numpy()
    groups = [(index,) for index in range(len(semantic))] if per_image else [slice(None)]
    means = []
    for group in groups:
        known = semantic[group] != tiny_losses.INFO.void
        costs = []
        for train_id in range(tiny_losses.INFO.num_categories):
            own = semantic[group][known] == train_id
            if own.any() or not only_present:
                errors = np.abs(own - probabilities[group][known][:, train_id])
                costs.append(extension(errors, own, weight[group][known]))
        means.append(np.mean(costs))
    return float(np.mean(means))


@pytest.mark.parametrize("only_present", [False, True])
@pytest.mark.parametrize("per_image", [False, True])
def test_equals_the_definition(per_image: bool, only_present: bool) -> None:
    config = lovasz_softmax.Config(soft_counts.Scope(per_image, only_present))
    batch, logits, weight = tiny_losses.batch(), tiny_losses.logits(), tiny_losses.weight()
    found = tiny_losses.cost(config, batch, logits, weight)
    assert float(found) == pytest.approx(naive(per_image, only_present), rel=1e-6)


def test_by_hand() -> None:
    """Errors of the crack: 0.8, 0.5 on its two pixels, 0.3, 0.1 beside them. IoU falls to 1/2, 0, 0, 0."""
    config = lovasz_softmax.Config(soft_counts.Scope(skip_classes=(0,)))
    assert four_pixels.cost(config) == pytest.approx(0.8 * 0.5 + 0.5 * 0.5)


@pytest.mark.parametrize("seed", range(4))
def test_at_certain_predictions_it_is_1_minus_iou(seed: int) -> None:
    semantic = tiny_losses.batch()["semantic"].numpy()
    predicted = np.random.default_rng(seed).integers(0, 3, semantic.shape)
    known, present = semantic != tiny_losses.INFO.void, range(3)
    both = [(known & (semantic == each) & (predicted == each)).sum() for each in present]
    either = [(known & ((semantic == each) | (predicted == each))).sum() for each in present]
    certain = 1e4 * tf.one_hot(predicted, tiny_losses.INFO.num_categories)
    found = tiny_losses.cost(lovasz_softmax.Config(), tiny_losses.batch(), certain, tf.ones(semantic.shape))
    assert float(found) == pytest.approx(1 - np.mean(np.divide(both, either)), rel=1e-6)


def test_an_image_alone_is_its_own_batch() -> None:
    batch, logits, weight = tiny_losses.batch(), tiny_losses.logits(), tiny_losses.weight()
    alone = []
    for index in range(2):
        one = {key: value[index : index + 1] for key, value in batch.items()}
        cost = tiny_losses.cost(
            lovasz_softmax.Config(), one, logits[index : index + 1], weight[index : index + 1]
        )
        alone.append(float(cost))
    together = tiny_losses.cost(lovasz_softmax.Config(IMAGES), batch, logits, weight)
    assert float(together) == pytest.approx(np.mean(alone))


def test_slopes_of_millions_of_pixels() -> None:
    """All are equally heavy, so the Jaccard loss can be counted; in float32 its sums would be wrong in percents."""
    count = 2**20 + 3
    errors = np.random.default_rng(0).random((1, count)).astype(np.float32)
    foreground = (np.arange(count) % 4 == 0).astype(np.float32)[None]
    found = lovasz_softmax.slopes(tf.constant(errors), tf.constant(foreground), tf.fill([1, count], 0.1417))
    order = np.argsort(-errors[0], kind="stable")
    growth, hits = found.numpy()[0, order], np.cumsum(foreground[0, order], dtype=np.float64)
    assert growth.dtype == np.float32 and growth.min() >= 0
    jaccard = 1 - (hits[-1] - hits) / (hits[-1] + np.arange(1, count + 1) - hits)
    np.testing.assert_allclose(np.cumsum(growth, dtype=np.float64), jaccard, atol=1e-6)
