"""Boundary loss: signed distances against scipy, and the integral by hand."""

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from seg_models import errors
from seg_models.losses import boundary
from tests import four_pixels, tiny_losses


def test_signed_distance_equals_scipys() -> None:
    masks = np.random.default_rng(0).random((3, 11, 8)) < [[[0.1]], [[0.5]], [[0.9]]]
    for mask, found in zip(masks, boundary.signed_distance(tf.constant(masks)).numpy()):
        outside, inside = (scipy.ndimage.distance_transform_edt(each) for each in (~mask, mask))
        np.testing.assert_allclose(found, np.where(mask, 0.5 - inside, outside - 0.5), rtol=1e-6)


@pytest.mark.parametrize("value", [False, True])
def test_without_a_boundary_there_is_no_distance(value: bool) -> None:
    assert not boundary.signed_distance(tf.fill([1, 4, 5], value)).numpy().any()


def test_void_is_outside_of_all_classes() -> None:
    semantic = tf.constant([[[0, 255, 1, 1]]])
    prepared = boundary.prepare(boundary.Config(), four_pixels.INFO, {"semantic": semantic})
    expected = [[-0.5, 0.5, 1.5, 2.5], [1.5, 0.5, -0.5, -1.5]]
    np.testing.assert_allclose(prepared[boundary.DISTANCE][0, 0].numpy().T, expected)


def test_by_hand() -> None:
    """Truth b, b, a, a with distances -1.5, -0.5, 0.5, 1.5 of b; b is predicted with 0.5, 0.2, 0.1, 0.3."""
    config = boundary.Config(skip_classes=(0,))
    batch = {"semantic": tf.constant([[four_pixels.TRUTH]])}
    truth = {**batch, **boundary.prepare(config, four_pixels.INFO, batch)}
    second = np.array(four_pixels.SECOND)
    logits = tf.constant(np.log([[np.stack([1 - second, second], -1)]]))
    found = float(boundary.loss(config, four_pixels.INFO, truth, logits, tf.ones([1, 1, 4])))
    assert found == pytest.approx((1.5 * 0.5 + 0.5 * 0.8 + 0.5 * 0.1 + 1.5 * 0.3) / 4)
    # Of two classes the other one's boundary is the same, and so are its errors.
    both = {**batch, **boundary.prepare(boundary.Config(), four_pixels.INFO, batch)}
    assert float(boundary.loss(boundary.Config(), four_pixels.INFO, both, logits, tf.ones([1, 1, 4]))) == (
        pytest.approx(found)
    )


def test_the_farther_off_the_dearer() -> None:
    config = boundary.Config(skip_classes=(0,))
    semantic = np.zeros((1, 12, 12), np.int32)
    semantic[0, :, :3] = 1
    batch = {"semantic": tf.constant(semantic)}
    truth = {**batch, **boundary.prepare(config, tiny_losses.INFO, batch)}
    costs = []
    for column in (3, 6, 11):
        wrong = semantic.copy()
        wrong[0, 5, column] = 1
        logits = 50 * tf.one_hot(wrong, tiny_losses.INFO.num_categories)
        costs.append(float(boundary.loss(config, tiny_losses.INFO, truth, logits, tf.ones([1, 12, 12]))) * 3 * 144)
    assert costs == pytest.approx([0.5, 3.5, 8.5])


def test_one_class_must_be_left() -> None:
    with pytest.raises(errors.UserError, match="expected to leave a class of `two`"):
        boundary.prepare(boundary.Config((0, 1)), four_pixels.INFO, {"semantic": tf.zeros([1, 2, 2], tf.int32)})
