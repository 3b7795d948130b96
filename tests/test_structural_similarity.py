"""Structural similarity loss against the paper's formulas, window by window."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import errors
from seg_models.losses import structural_similarity
from tests import tiny_losses


def normalised(values: np.ndarray, known: np.ndarray, config: structural_similarity.Config) -> np.ndarray:
    """(y - mean + C4) / (deviation + C4) of float [H, W], from the known pixels of each window."""
    reach, found = config.window // 2, np.zeros(values.shape)
    for row, column in np.argwhere(known):
        rows, columns = np.mgrid[row - reach : row + reach + 1, column - reach : column + reach + 1].reshape(2, -1)
        inside = (rows >= 0) & (rows < values.shape[0]) & (columns >= 0) & (columns < values.shape[1])
        rows, columns = rows[inside], columns[inside]
        factors = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * config.deviation**2))
        factors = factors * known[rows, columns]
        factors /= factors.sum()
        mean = factors @ values[rows, columns]
        deviation = np.sqrt(factors @ (values[rows, columns] - mean) ** 2 + structural_similarity.FLAT)
        found[row, column] = (values[row, column] - mean + config.stability) / (deviation + config.stability)
    return found


@pytest.mark.parametrize("fields", [{}, {"share": 0.9, "threshold": 0.6, "window": 5, "deviation": 1.0}])
def test_equals_the_formulas(fields: dict[str, float]) -> None:
    config = structural_similarity.Config(**fields)
    semantic, logits = tiny_losses.batch()["semantic"].numpy(), tiny_losses.logits()
    probabilities, known = tf.nn.softmax(logits).numpy(), semantic != tiny_losses.INFO.void
    own = semantic[..., None] == np.arange(4)
    entropy = -np.where(own, np.log(probabilities), np.log(1 - probabilities))
    weighed, chosen = 0.0, 0
    for image in range(2):
        difference = np.stack([
            np.abs(normalised(own[image, ..., c] * 1.0, known[image], config)
                   - normalised(probabilities[image, ..., c], known[image], config))
            for c in range(4)
        ], axis=-1)  # fmt: skip
        hard = difference > config.threshold * difference.max()
        weighed += (difference * entropy[image])[hard].sum()
        chosen += hard.sum()
    expected = config.share * weighed / chosen + (1 - config.share) * entropy[known].mean()
    batch = {"semantic": tf.constant(semantic)}
    found = structural_similarity.loss(config, tiny_losses.INFO, batch, logits, tf.ones(semantic.shape))
    assert float(found) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("fields", [{"share": 2.0}, {"threshold": 1.0}, {"window": 4}, {"stability": 0.0}])
def test_impossible_settings(fields: dict[str, float]) -> None:
    (name,) = fields
    with pytest.raises(errors.UserError, match=f"`{name}`.*expected"):
        structural_similarity.Config(**fields)
