"""Sums and means over the whole batch, whatever the number of replicas it is spread over."""

import tensorflow as tf


def wide(values: tf.Tensor) -> tf.Tensor:
    """Float of any shape, as float32; float64 stays what it is."""
    return values if values.dtype == tf.float64 else tf.cast(values, tf.float32)


def global_mean(values: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """This replica's share of the weighted mean over all replicas; the shares add up to the mean.

    Dividing by the weight of the global batch, not of the replica's, makes loss and gradients the same on one device
    and on many, even where void pixels are spread unevenly.

    Args:
      values: float, any shape.
      weights: float of the same shape; 0 leaves a value out, even where it is not finite.
    """
    values = wide(values)
    weights = tf.cast(weights, values.dtype)
    total = tf.reduce_sum(tf.where(weights > 0, values * weights, tf.zeros_like(values)))
    return tf.math.divide_no_nan(total, global_sum(tf.reduce_sum(weights)))


def global_sum(value: tf.Tensor) -> tf.Tensor:
    """The sum of a tensor of any shape over all replicas, which all of them get; its gradient is summed likewise."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def share(value: tf.Tensor) -> tf.Tensor:
    """This replica's share of a value that follows from global sums, so that every replica has the same."""
    return value / tf.cast(tf.distribute.get_strategy().num_replicas_in_sync, value.dtype)


def gathered(values: tf.Tensor) -> tf.Tensor:
    """What all replicas hold, one after the other: [B, ...] -> [replicas * B, ...], the same everywhere."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return values
    # In a graph all that is known of the shape would be lost.
    return tf.ensure_shape(context.all_gather(values, axis=0), [None, *values.shape[1:]])


def own_part(values: tf.Tensor) -> tf.Tensor:
    """The rows of a gathered tensor that are this replica's: [replicas * B, ...] -> [B, ...]."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return values
    count = tf.shape(values)[0] // context.num_replicas_in_sync
    first = tf.cast(context.replica_id_in_sync_group, tf.int32) * count
    return values[first : first + count]
