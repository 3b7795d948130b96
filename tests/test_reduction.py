"""Means over the global batch; that replicas share them out rightly is in test_every_loss and test_every_model."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import reduction


def test_weighted_mean() -> None:
    assert float(reduction.global_mean(tf.constant([1.0, 2.0, 6.0]), tf.constant([1.0, 0.0, 3.0]))) == 19 / 4


def test_no_weight_at_all_is_0_with_gradient_0() -> None:
    values = tf.Variable([1.0, float("nan"), float("inf")])
    with tf.GradientTape() as tape:
        mean = reduction.global_mean(values, tf.zeros([3]))
    assert float(mean) == 0 and tape.gradient(mean, values).numpy().tolist() == [0, 0, 0]


def test_what_weighs_nothing_may_be_anything() -> None:
    values = tf.constant([2.0, float("nan"), float("inf"), 4.0])
    assert float(reduction.global_mean(values, tf.constant([1.0, 0.0, 0.0, 1.0]))) == 3
    assert np.isnan(reduction.global_mean(values, tf.ones([4])))


def test_half_precision_is_summed_in_float32() -> None:
    mean = reduction.global_mean(tf.ones([5000], tf.float16) * 3, tf.ones([5000], tf.float16))
    assert mean.dtype == tf.float32 and float(mean) == pytest.approx(3)


def test_one_device_is_the_whole() -> None:
    assert float(reduction.global_sum(tf.constant(5.0))) == 5


def test_float64_stays_float64() -> None:
    mean = reduction.global_mean(tf.constant([1.0, 1.0 + 1e-12], tf.float64), tf.ones([2]))
    assert mean.dtype == tf.float64 and float(mean) == 1 + 5e-13


def test_one_device_has_all_parts() -> None:
    values = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    for function in (reduction.share, reduction.gathered, reduction.own_part):
        np.testing.assert_array_equal(function(values), values)
