"""Lovász-softmax loss (Berman, Rannen Triki, Blaschko, 2018): the exact Lovász extension of the Jaccard loss.

The Jaccard loss of a class is a function of the set of its mispredicted pixels. Its Lovász extension takes the pixels
in the order of falling error and weighs each error by how much the loss grows when that pixel joins the set.

The classes are sorted one after the other: of many classes, all orders at once would not fit into memory.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, known_pixels, reduction, soft_counts


@dataclasses.dataclass(frozen=True)
class Config:
    """Which Jaccard losses are extended.

    Attributes:
      scope: of one image or of the global batch, and of which classes. The paper: of the batch, of present classes.
    """

    scope: soft_counts.Scope = soft_counts.Scope(only_present=True)


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean over the classes; logits float [B, H, W, C], weight float [B, H, W]."""
    known = known_pixels.of(info, truth, logits, weight)
    scope, errors = config.scope, tf.abs(known.one_hot - known.probabilities)
    parts = soft_counts.over_pixels(errors * _slopes_of(scope.per_image, errors, known))
    (pixels,) = soft_counts.sums(scope, known, (known.one_hot,))
    if scope.per_image:
        return soft_counts.mean(scope, parts, pixels)
    # The sums of the replicas' parts are the extensions, so these are shares already.
    return soft_counts.mean_of_classes(scope, tf.reduce_sum(parts, axis=0, keepdims=True), pixels)[0]


def _slopes_of(per_image: bool, errors: tf.Tensor, known: known_pixels.Known) -> tf.Tensor:
    """What each error weighs, float [B, H, W, C], a constant; of the batch, in the order of all replicas' pixels."""
    errors, semantic, weight = tf.stop_gradient(errors), known.semantic, known.weight
    if not per_image:
        errors, semantic, weight = (reduction.gathered(each) for each in (errors, semantic, weight))
    groups = [tf.shape(weight)[0] if per_image else 1, -1]

    def of_class(train_id: tf.Tensor) -> tf.Tensor:
        """Float [B, H, W]."""
        own = tf.cast(semantic == train_id, weight.dtype)
        each = (tf.reshape(values, groups) for values in (tf.gather(errors, train_id, axis=-1), own, weight))
        found = tf.reshape(slopes(*each), tf.shape(weight))
        return found if per_image else reduction.own_part(found)

    classes = tf.range(errors.shape[-1])
    found = tf.map_fn(of_class, classes, parallel_iterations=1, fn_output_signature=errors.dtype)
    return tf.stop_gradient(tf.transpose(found, [1, 2, 3, 0]))


def slopes(errors: tf.Tensor, foreground: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """The gradient of the Lovász extension of a class's Jaccard loss with respect to its errors (algorithm 1).

    Args:
      errors: float [G, N], 0..1.
      foreground: float [G, N], 1 on the pixels of the class.
      weight: float [G, N]; a pixel of weight w is w pixels.

    Returns:
      Float [G, N], of the errors' type.
    """
    # Sums of millions of float32 stall, and their differences are of few digits.
    foreground, weight = tf.cast(foreground, tf.float64), tf.cast(weight, tf.float64)
    order = tf.argsort(errors, direction="DESCENDING", stable=True)
    inside, outside = (tf.gather(weight * each, order, batch_dims=1) for each in (foreground, 1 - foreground))
    found = tf.cumsum(inside, axis=1)
    all_inside = found[:, -1:]
    right, either = all_inside - found, all_inside + tf.cumsum(outside, axis=1)
    jaccard = tf.where(either > 0, 1 - tf.math.divide_no_nan(right, either), 0.0)
    growth = tf.concat([jaccard[:, :1], jaccard[:, 1:] - jaccard[:, :-1]], axis=1)
    rows = tf.broadcast_to(tf.range(tf.shape(order)[0])[:, None], tf.shape(order))
    return tf.scatter_nd(tf.stack([rows, order], axis=-1), tf.cast(growth, errors.dtype), tf.shape(order))
