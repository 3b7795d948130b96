"""Boundary loss (Kervadec et al.: Boundary loss for highly unbalanced segmentation, 2019).

Each pixel costs the signed distance to its class's true boundary. As in the paper it goes beside a loss of regions, for
alone it has next to no slope where a class is predicted nowhere. The signed distances of the truth itself, a constant
that the paper leaves out, are kept, so that the loss of a perfect prediction is 0 and any other's is positive.

The paper starts with the loss of regions alone (alpha 1) and moves 0.01 of the weight to this one after each epoch,
until 0.99 of it is here. That schedule is not offered: weights are those of `sum_of_losses`, constant over the run.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, distance_transform, known_pixels, reduction, soft_counts

DISTANCE = "boundary_distance"


@dataclasses.dataclass(frozen=True)
class Config:
    """Whose boundary.

    Attributes:
      skip_classes: train ids without a part in the loss, such as the background.
    """

    skip_classes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        soft_counts.Scope(skip_classes=self.skip_classes)


def prepare(config: Config, info: dataset.DatasetInfo, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """{"boundary_distance": float32 [B, H, W, C']}, signed, in pixels, of the classes that are not skipped.

    It is negative within the class. The boundary lies halfway between the centres of two pixels, so no distance is
    less than 1/2. Void is outside of every class. A class that an image does not show, or shows nothing else than, has
    no boundary there: 0.
    """
    masks = [batch["semantic"] == train_id for train_id in soft_counts.kept_classes(info, config.skip_classes)]
    return {DISTANCE: tf.stack([signed_distance(mask) for mask in masks], axis=-1)}


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the mean over pixels and classes; logits float [B, H, W, C], weight float [B, H, W].

    `truth` also holds what `prepare` gives.
    """
    known = known_pixels.of(info, truth, logits, weight)
    classes = soft_counts.kept_classes(info, config.skip_classes)
    excess = tf.gather(known.probabilities - known.one_hot, classes, axis=-1)
    distance = tf.cast(truth[DISTANCE], excess.dtype)
    return reduction.global_mean(tf.reduce_mean(distance * excess, axis=-1), known.weight)


def signed_distance(mask: tf.Tensor) -> tf.Tensor:
    """Bool [B, H, W] -> float32 [B, H, W]: the distance to the mask's boundary, negative within; 0 if there is none."""
    outside, inside = distance_transform.distance(mask), distance_transform.distance(~mask)
    signed = tf.where(mask, 0.5 - inside, outside - 0.5)
    has_boundary = tf.reduce_any(mask, axis=[1, 2]) & ~tf.reduce_all(mask, axis=[1, 2])
    return tf.where(has_boundary[:, None, None], signed, 0.0)
