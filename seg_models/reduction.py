"""Means over the whole batch, whatever the number of replicas it is spread over."""

import tensorflow as tf


def global_mean(values: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """This replica's share of the weighted mean over all replicas; the shares add up to the mean.

    Dividing by the weight of the global batch, not of the replica's, makes loss and gradients the same on one device
    and on many, even where void pixels are spread unevenly.

    Args:
      values: float, any shape.
      weights: float of the same shape; 0 leaves a value out, even where it is not finite.
    """
    values = tf.cast(values, tf.float32)
    weights = tf.cast(weights, tf.float32)
    total = tf.reduce_sum(tf.where(weights > 0, values * weights, 0.0))
    return tf.math.divide_no_nan(total, global_sum(tf.reduce_sum(weights)))


def global_sum(value: tf.Tensor) -> tf.Tensor:
    """The sum of a scalar over all replicas."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)
