"""Cross-entropy that counts the gaps between neighbouring cells most (U-Net, arXiv:1505.04597, section 3).

The weight of a pixel is equation 2 of the paper, w = w_c + w0 exp(-(d1 + d2)^2 / (2 sigma^2)), where d1 and d2 are the
distances to the nearest and the second nearest cell. The second term is that of background pixels alone: it is the gap
that has to be learnt, and within a cell d1 would be 0 on every pixel.
"""

import dataclasses
import math
from collections.abc import Mapping

import tensorflow as tf

from seg_models import dataset, distance_transform, errors, foreground
from seg_models.losses import cross_entropy

WEIGHT = "border_weight"


@dataclasses.dataclass(frozen=True)
class Config:
    """The weight of a pixel.

    Attributes:
      w0: of a gap without width.
      sigma: how fast the weight falls with the width of the gap, pixels.
      balance: w_c is the inverse frequency of the pixel's class in its image, 1 on average; else it is 1. What
        training's own class weights say is multiplied in either way.
      cells: names of the classes whose connected components are the cells, for data sets without instances alone;
        none: the things, and without those all classes but the first.
    """

    w0: float = 10.0
    sigma: float = 5.0
    balance: bool = True
    cells: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.w0 >= 0 and math.isfinite(self.w0)):
            raise errors.UserError(f"border_weighted_cross_entropy: expected `w0` >= 0, got {self.w0}.")
        if not (self.sigma > 0 and math.isfinite(self.sigma)):
            raise errors.UserError(f"border_weighted_cross_entropy: expected `sigma` > 0, got {self.sigma}.")


def loss(
    config: Config, info: dataset.DatasetInfo, truth: Mapping[str, tf.Tensor], logits: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """This replica's share of the weighted mean cross-entropy over the global batch's pixels that are not void.

    Args:
      config: see Config.
      info: says which value is void.
      truth: a batch: "semantic" int32 [B, H, W], and what `prepare` adds.
      logits: float [B, H, W, C].
      weight: float [B, H, W], such as class weights; 0 leaves a pixel out.
    """
    return cross_entropy.loss(cross_entropy.Config(), info, truth, logits, weight * truth[WEIGHT])


def prepare(config: Config, info: dataset.DatasetInfo, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """{"border_weight": float32 [B, H, W]} of a batch's "semantic" and "instance", int32 [B, H, W]; 0 on void."""
    semantic = batch["semantic"]
    cells = cells_of(config, info, batch)
    nearest, second = two_nearest(cells)
    gap = config.w0 * tf.exp(-tf.square(nearest + second) / (2 * config.sigma**2))
    balance = inverse_frequency(semantic, info) if config.balance else tf.ones_like(gap)
    weight = balance + tf.where(cells == 0, gap, 0.0)
    return {WEIGHT: tf.where(semantic == info.void, 0.0, weight)}


def cells_of(config: Config, info: dataset.DatasetInfo, batch: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Int32 [B, H, W], 0 is no cell: the instances where the data set has them, else 4-connected components.

    Raises:
      UserError: `cells` names what is no class, or is set where the instances are the cells.
    """
    if not {"instance", "panoptic"}.isdisjoint(info.tasks):
        if config.cells:
            foreground.ids(info, config.cells)
            raise errors.UserError(
                f"border_weighted_cross_entropy: `cells` is {config.cells}, but {info.name} has instances, and these "
                "are the cells; expected ()."
            )
        return batch["instance"]
    cells = tf.zeros_like(batch["semantic"])
    for category in foreground.ids(info, config.cells):
        found = distance_transform.components(batch["semantic"] == category)
        cells = tf.where(found > 0, found + tf.reduce_max(cells), cells)
    return cells


def two_nearest(cells: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Float32 [B, H, W] each: distances to the nearest and second nearest cell; infinite where there is none.

    One cell after the other: what is kept is two maps, however many cells there are.

    Args:
      cells: int32 [B, H, W], 0 is no cell.
    """
    ids = tf.unique(tf.reshape(cells, [-1])).y
    nowhere = tf.fill(tf.shape(cells), math.inf)

    def with_cell(found: tuple[tf.Tensor, tf.Tensor], cell: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        nearest, second = found
        mask = cells == cell
        there = tf.reduce_any(mask, axis=[1, 2], keepdims=True)
        distance = tf.where(there, distance_transform.distance(mask), math.inf)
        return tf.minimum(nearest, distance), tf.minimum(second, tf.maximum(nearest, distance))

    first = (nowhere, nowhere)
    return tf.foldl(with_cell, tf.boolean_mask(ids, ids > 0), initializer=first, parallel_iterations=1)


def inverse_frequency(semantic: tf.Tensor, info: dataset.DatasetInfo) -> tf.Tensor:
    """Float32 [B, H, W]: one over the share of a pixel's class in its image, times what makes 1 the mean; 0 on void.

    Args:
      semantic: int32 [B, H, W].
      info: says how many classes there are.
    """
    flat = tf.reshape(semantic, [tf.shape(semantic)[0], -1])
    pixels = tf.math.bincount(
        tf.minimum(flat, info.num_categories),
        axis=-1,
        minlength=info.num_categories + 1,
        maxlength=info.num_categories + 1,
        dtype=tf.float32,
    )[:, :-1]
    present = tf.math.count_nonzero(pixels, axis=1, keepdims=True, dtype=tf.float32)
    known = tf.reduce_sum(pixels, axis=1, keepdims=True)
    table = tf.pad(tf.math.divide_no_nan(known, present * pixels), [[0, 0], [0, 1]])
    return tf.gather(table, tf.minimum(semantic, info.num_categories), batch_dims=1)
