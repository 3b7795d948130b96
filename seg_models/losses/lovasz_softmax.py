"""Lovász-softmax loss (Berman, Rannen Triki, Blaschko, 2018): the exact Lovász extension of the Jaccard loss.

The Jaccard loss of a class is a function of the set of its mispredicted pixels. Its Lovász extension takes the pixels
in the order of falling error and weighs each error by how much the loss grows when that pixel joins the set.
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
    scope, errors = config.scope, _by_pixel(tf.abs(known.one_hot - known.probabilities))
    slopes = tf.stop_gradient(_slopes_of(scope.per_image, errors, known))
    parts = tf.reduce_sum(errors * slopes, axis=1)
    (pixels,) = soft_counts.sums(scope, known, (known.one_hot,))
    if scope.per_image:
        return soft_counts.mean(scope, parts, pixels)
    # The sums of the replicas' parts are the extensions, so these are shares already.
    return soft_counts.mean_of_classes(scope, tf.reduce_sum(parts, axis=0, keepdims=True), pixels)[0]


def _slopes_of(per_image: bool, errors: tf.Tensor, known: known_pixels.Known) -> tf.Tensor:
    """What each error weighs, float [B, N, C]; of the batch, the order is that of the pixels of all replicas."""
    foreground, weight = _by_pixel(known.one_hot), _by_pixel(known.weight[..., None])
    if per_image:
        return slopes(errors, foreground, weight)
    every = reduction.gathered(tf.stop_gradient(tf.concat([errors, foreground, weight], axis=-1)))
    count = errors.shape[-1]
    flat = tf.reshape(every, [1, -1, 2 * count + 1])
    found = slopes(flat[..., :count], flat[..., count : 2 * count], flat[..., 2 * count :])
    return reduction.own_part(tf.reshape(found, tf.shape(every[..., :count])))


def slopes(errors: tf.Tensor, foreground: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """The gradient of the Lovász extension of the Jaccard loss with respect to the errors (algorithm 1).

    Args:
      errors: float [G, N, C], 0..1.
      foreground: float [G, N, C], 1 on the pixels of the class.
      weight: float [G, N, 1]; a pixel of weight w is w pixels.

    Returns:
      Float [G, N, C].
    """
    errors, own, weight = (tf.transpose(each, [0, 2, 1]) for each in (errors, foreground, weight))
    order = tf.argsort(errors, direction="DESCENDING", stable=True)
    inside, outside = (tf.gather(weight * each, order, batch_dims=2) for each in (own, 1 - own))
    all_inside = tf.reduce_sum(inside, axis=-1, keepdims=True)
    right, either = all_inside - tf.cumsum(inside, axis=-1), all_inside + tf.cumsum(outside, axis=-1)
    jaccard = tf.where(either > 0, 1 - tf.math.divide_no_nan(right, either), 0.0)
    growth = tf.concat([jaccard[..., :1], jaccard[..., 1:] - jaccard[..., :-1]], axis=-1)
    rows = tf.reshape(tf.range(tf.size(order) // tf.shape(order)[-1]), tf.concat([tf.shape(order)[:-1], [1]], axis=0))
    places = tf.reshape(rows * tf.shape(order)[-1] + order, [-1, 1])
    found = tf.scatter_nd(places, tf.reshape(growth, [-1]), [tf.size(order)])
    return tf.transpose(tf.reshape(found, tf.shape(order)), [0, 2, 1])


def _by_pixel(values: tf.Tensor) -> tf.Tensor:
    """[B, H, W, C] -> [B, H * W, C]."""
    return tf.reshape(values, [tf.shape(values)[0], -1, values.shape[-1]])
