"""Absolute error of a map of vectors, such as Panoptic-DeepLab's offsets."""

import dataclasses

import tensorflow as tf

from seg_models import reduction


@dataclasses.dataclass(frozen=True)
class Config:
    """Nothing to set."""


def loss(config: Config, truth: tf.Tensor, prediction: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """This replica's share of the mean L1 distance of vectors, float [B, H, W, C], weighted by float [B, H, W]."""
    error = tf.reduce_sum(tf.abs(truth - tf.cast(prediction, tf.float32)), axis=-1)
    return reduction.global_mean(error, weight)
