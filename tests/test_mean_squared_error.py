"""Squared error, by hand."""

import pytest
import tensorflow as tf

from seg_models.losses import mean_squared_error


def test_by_hand() -> None:
    truth, prediction = tf.constant([[[[1.0], [0.0], [0.5]]]]), tf.constant([[[[0.0], [2.0], [9.0]]]])
    weight = tf.constant([[[1.0, 3.0, 0.0]]])
    found = mean_squared_error.loss(mean_squared_error.Config(), truth, prediction, weight)
    assert float(found) == pytest.approx((1 * 1 + 3 * 4) / 4)


def test_channels_are_averaged() -> None:
    truth, prediction = tf.zeros([1, 1, 1, 2]), tf.constant([[[[1.0, 3.0]]]], tf.float16)
    assert float(mean_squared_error.loss(mean_squared_error.Config(), truth, prediction, tf.ones([1, 1, 1]))) == 5
