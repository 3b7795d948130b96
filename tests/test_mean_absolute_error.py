"""Absolute error, by hand."""

import pytest
import tensorflow as tf

from seg_models.losses import mean_absolute_error


def test_by_hand() -> None:
    truth = tf.constant([[[[1.0, 2.0], [0.0, 0.0], [5.0, 5.0]]]])
    prediction = tf.constant([[[[0.0, 4.0], [-1.0, 0.5], [0.0, 0.0]]]], tf.float16)
    weight = tf.constant([[[1.0, 3.0, 0.0]]])
    found = mean_absolute_error.loss(mean_absolute_error.Config(), truth, prediction, weight)
    assert float(found) == pytest.approx((1 * 3 + 3 * 1.5) / 4)
