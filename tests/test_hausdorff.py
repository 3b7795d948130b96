"""Hausdorff distance loss against the paper's formula with scipy's distance transforms."""

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from seg_models import errors
from seg_models.losses import hausdorff
from tests import tiny_losses


def to_boundary(mask: np.ndarray) -> np.ndarray:
    """Float [H, W]: from the centre of each pixel to the mask's boundary, which is half a pixel from the next one's."""
    if mask.all() or not mask.any():
        return np.zeros(mask.shape)
    return scipy.ndimage.distance_transform_edt(mask) + scipy.ndimage.distance_transform_edt(~mask) - 0.5


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_equals_the_formula(alpha: float) -> None:
    """With void, which counts as outside of the truth and of the prediction."""
    config = hausdorff.Config(alpha, skip_classes=(1,))
    batch, logits = tiny_losses.batch(), tiny_losses.logits() * 2
    semantic, probabilities = batch["semantic"].numpy(), tf.nn.softmax(logits).numpy()
    known, costs = semantic != tiny_losses.INFO.void, []
    for train_id in (0, 2, 3):
        for image in range(2):
            own, predicted = semantic[image] == train_id, probabilities[image, ..., train_id]
            far = to_boundary(own) ** alpha + to_boundary((predicted > 0.5) & known[image]) ** alpha
            costs.append(((own - predicted) ** 2 * far)[known[image]].sum())
    truth = {**batch, **hausdorff.prepare(config, tiny_losses.INFO, batch)}
    found = hausdorff.loss(config, tiny_losses.INFO, truth, logits, tf.ones(semantic.shape))
    assert float(found) == pytest.approx(sum(costs) / 3 / known.sum(), rel=1e-5)


def test_alpha_is_positive() -> None:
    with pytest.raises(errors.UserError, match="`alpha` is 0"):
        hausdorff.Config(0)
