"""Hausdorff distance loss, the form of distance transforms (Karimi, Salcudean, 2019).

Each squared error is multiplied by how far the pixel is from the true and from the predicted boundary. For the gradient
the transform of the prediction is a constant, as in the paper; and as there, this goes beside a loss of regions.

The paper sets the weight of the loss of regions anew after each epoch, to the ratio of both means, so that both count
alike. That is not offered: weights are those of `sum_of_losses`, constant over the run. At alpha 2 this loss is in
squared pixels, so it wants a small one.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, errors, known_pixels, reduction, soft_counts
from seg_models.losses import boundary

DISTANCE = "hausdorff_distance"


@dataclasses.dataclass(frozen=True)
class Config:
    """How distance counts.

    Attributes:
      alpha: the exponent of distances, in pixels; the paper's.
      skip_classes: train ids without a part in the loss, such as the background.
    """

    alpha: float = 2.0
    skip_classes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        soft_counts.Scope(skip_classes=self.skip_classes)
        if self.alpha <= 0:
            raise errors.UserError(f"`alpha` is {self.alpha}; expected more than 0.")


def prepare(config: Config, info: dataset.DatasetInfo, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """{"hausdorff_distance": float32 [B, H, W, C']}: to the true boundary, for each class that is not skipped.

    Void is outside of every class. A class that an image does not show, or shows nothing else than, has 0 everywhere.
    """
    masks = [batch["semantic"] == train_id for train_id in soft_counts.kept_classes(info, config.skip_classes)]
    return {DISTANCE: _distance(masks)}


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean over pixels and classes; logits float [B, H, W, C], weight float [B, H, W].

    A class is predicted where its probability is above 1/2. `truth` also holds what `prepare` gives.
    """
    known = known_pixels.of(info, truth, logits, weight)
    classes, probabilities = soft_counts.kept_classes(info, config.skip_classes), known.probabilities
    error = tf.gather(tf.math.squared_difference(known.one_hot, probabilities), classes, axis=-1)
    masks = [known.mask & (tf.stop_gradient(probabilities[..., train_id]) > 0.5) for train_id in classes]
    distances = truth[DISTANCE] ** config.alpha + _distance(masks) ** config.alpha
    return reduction.global_mean(tf.reduce_mean(error * tf.cast(distances, error.dtype), axis=-1), known.weight)


def _distance(masks: list[tf.Tensor]) -> tf.Tensor:
    """Bool [B, H, W] of each class -> float32 [B, H, W, C']: the distance to its boundary."""
    return tf.stack([tf.abs(boundary.signed_distance(mask)) for mask in masks], axis=-1)
