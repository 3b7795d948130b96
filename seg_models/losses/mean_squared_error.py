"""Squared error of a map of numbers, such as Panoptic-DeepLab's centre heatmap."""

import dataclasses

import tensorflow as tf

from seg_models import reduction


@dataclasses.dataclass(frozen=True)
class Config:
    """Nothing to set."""


def loss(config: Config, truth: tf.Tensor, prediction: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """This replica's share of the mean of (truth - prediction)^2, float [B, H, W, C], weighted by float [B, H, W]."""
    error = tf.reduce_mean(tf.math.squared_difference(truth, tf.cast(prediction, tf.float32)), axis=-1)
    return reduction.global_mean(error, weight)
