"""Soft counts of pixels by class, and means of ratios of them: what the losses of overlap are made of.

A pixel of weight w counts as w pixels. Sums over the batch are those of the global batch, and each loss is this
replica's share of the global loss; the gradients of the shares, summed over the replicas, are those of one device.
"""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors, known_pixels, reduction


@dataclasses.dataclass(frozen=True)
class Scope:
    """What a ratio of counts is taken over, and which ratios are averaged.

    Attributes:
      per_image: a ratio for each image, then their mean; else one of the whole global batch.
      only_present: a class that the truth of the image (or batch) does not show is left out of the mean.
      skip_classes: train ids that are always left out, such as the background.
    """

    per_image: bool = False
    only_present: bool = False
    skip_classes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if any(train_id < 0 for train_id in self.skip_classes):
            raise errors.UserError(f"`skip_classes` is {self.skip_classes}; expected train ids, which count from 0.")


@dataclasses.dataclass(frozen=True)
class Counts:
    """Of G images, or of one batch (G = 1): float [G, C] each.

    Attributes:
      both: sums of probability on pixels of the class.
      truth: pixels of the class.
      prediction: sums of probability.
    """

    both: tf.Tensor
    truth: tf.Tensor
    prediction: tf.Tensor

    def dice(self, smoothing: float) -> tf.Tensor:
        """2 both / (truth + prediction), float [G, C]; `smoothing` is added above and below."""
        return tf.math.divide_no_nan(2 * self.both + smoothing, self.truth + self.prediction + smoothing)

    def tversky(self, alpha: float, beta: float, smoothing: float) -> tf.Tensor:
        """both / (both + alpha false positives + beta false negatives), float [G, C], smoothed as `dice`."""
        wrong = alpha * (self.prediction - self.both) + beta * (self.truth - self.both)
        return tf.math.divide_no_nan(self.both + smoothing, self.both + wrong + smoothing)


def count(scope: Scope, known: known_pixels.Known, *, squared: bool = False) -> Counts:
    """The soft counts of probabilities; `squared` counts p^2 where p is predicted."""
    probabilities = known.probabilities
    predicted = probabilities**2 if squared else probabilities
    return Counts(*sums(scope, known, (probabilities * known.one_hot, known.one_hot, predicted)))


def sums(scope: Scope, known: known_pixels.Known, values: tuple[tf.Tensor, ...]) -> list[tf.Tensor]:
    """The weighted sums over pixels of each of `values`, float [B, H, W, C] -> float [G, C].

    Raises:
      UserError: the scope does not fit the classes; see `kept_classes`. Every loss of counts comes by here.
    """
    kept_classes(known.info, scope.skip_classes)
    images = tf.stack([over_pixels(known.weight[..., None] * each) for each in values])
    if scope.per_image:
        return tf.unstack(images)
    # One message for all sums: replicas wait for each other at every one.
    return tf.unstack(reduction.global_sum(tf.reduce_sum(images, axis=1))[:, None])


def over_pixels(values: tf.Tensor) -> tf.Tensor:
    """The sum over each image's pixels, float [B, H, W, C] -> float [B, C].

    One axis after the other: on the CPU, each sum over all pixels at once is a single float32 that the pixels are added
    to in turn, and of a million it is wrong in the third digit.
    """
    return tf.reduce_sum(tf.reduce_sum(values, axis=2), axis=1)


def mean(scope: Scope, costs: tf.Tensor, truth: tf.Tensor) -> tf.Tensor:
    """This replica's share of the mean of costs over classes, then over images.

    Args:
      scope: says which classes count.
      costs: float [G, C], from sums over images or over the global batch.
      truth: float [G, C], pixels of the class; where there are none at all, nothing is known and nothing counts.
    """
    return mean_of_groups(scope, mean_of_classes(scope, costs, truth), truth)


def mean_of_classes(scope: Scope, costs: tf.Tensor, truth: tf.Tensor) -> tf.Tensor:
    """Float [G]: the mean of float [G, C] over the classes that count; 0 where none does."""
    counted = classes(scope, truth)
    return tf.math.divide_no_nan(tf.reduce_sum(costs * counted, axis=1), tf.reduce_sum(counted, axis=1))


def mean_of_groups(scope: Scope, costs: tf.Tensor, truth: tf.Tensor) -> tf.Tensor:
    """This replica's share of the mean of float [G] over the images in which anything counts; truth as in `mean`."""
    anything = tf.reduce_max(classes(scope, truth), axis=1)
    if scope.per_image:
        return reduction.global_mean(costs, anything)
    return reduction.share(tf.reduce_sum(costs * anything))


def classes(scope: Scope, truth: tf.Tensor) -> tf.Tensor:
    """Float [G, C], 1 where a class counts, from the pixels of each class in the truth, float [G, C]."""
    wanted = tf.constant([train_id not in scope.skip_classes for train_id in range(truth.shape[-1])])
    known = tf.reduce_sum(truth, axis=1, keepdims=True) > 0
    return tf.cast(wanted & known & ((truth > 0) | (not scope.only_present)), truth.dtype)


def kept_classes(info: dataset.DatasetInfo, skip_classes: tuple[int, ...]) -> list[int]:
    """The train ids that are not skipped; raises UserError where none is left, or where there is none to skip."""
    unknown = [train_id for train_id in skip_classes if not 0 <= train_id < info.num_categories]
    if unknown:
        raise errors.UserError(
            f"`skip_classes` is {skip_classes}; expected train ids of `{info.name}`, 0 to {info.num_categories - 1}, "
            f"not {unknown[0]}."
        )
    kept = [train_id for train_id in range(info.num_categories) if train_id not in skip_classes]
    if not kept:
        raise errors.UserError(f"`skip_classes` is {skip_classes}; expected to leave a class of `{info.name}`.")
    return kept


def check_smoothing(smoothing: float) -> None:
    """Raises UserError where it is negative."""
    if smoothing < 0:
        raise errors.UserError(f"`smoothing` is {smoothing}; expected 0 or more pixels.")
