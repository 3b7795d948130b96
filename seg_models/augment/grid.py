"""Stretches and squeezes an image and its maps cell by cell of a grid; the border stays where it is.

Rows and columns of cells are widened by random factors, as in the grid distortion of Albumentations (Buslaev et al.
2020) with `normalized`: every pixel of the result is known. Rows keep to rows and columns to columns, so one axis is
resampled after the other, which is the same as `warp` and several times faster.
"""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors


@dataclasses.dataclass(frozen=True)
class Config:
    """How much is distorted.

    Attributes:
      cells: of the grid, each way.
      limit: a cell is 1 + draw times as wide as before, the draw uniform in [-limit, limit), and then all are scaled to
        fit the image again.
      probability: the fraction of images that are distorted.
    """

    cells: int = 5
    limit: float = 0.3
    probability: float = 0.5

    def __post_init__(self) -> None:
        if self.cells < 1:
            raise errors.UserError(f"grid: expected `cells` >= 1, got {self.cells}.")
        if not 0 <= self.limit < 1:
            raise errors.UserError(f"grid: expected `limit` in [0, 1), got {self.limit}.")
        if not 0 <= self.probability <= 1:
            raise errors.UserError(f"grid: expected `probability` in [0, 1], got {self.probability}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, image float32 [H, W, 3] and maps int32 [H, W], distorted or as it was; `seed` is int32 [2]."""
    draws = tf.random.stateless_uniform([1 + 2 * config.cells], seed)
    widths = tf.reshape(1.0 + config.limit * (2.0 * draws[1:] - 1.0), [2, config.cells])
    spatial = {name: example[name] for name in ("image", "semantic", "instance")}

    def distorted() -> dict[str, tf.Tensor]:
        result = dict(spatial)
        for axis in range(2):
            places = _places(tf.shape(example["semantic"])[axis], widths[axis])
            nearest = tf.cast(tf.floor(places + 0.5), tf.int32)
            result = {
                "image": _bilinear(result["image"], places, axis),
                **{name: tf.gather(result[name], nearest, axis=axis) for name in ("semantic", "instance")},
            }
        return {name: tf.ensure_shape(value, spatial[name].shape) for name, value in result.items()}

    return {**example, **tf.cond(draws[0] < config.probability, distorted, lambda: spatial)}


def _places(length: tf.Tensor, widths: tf.Tensor) -> tf.Tensor:
    """Float32 [length]: where each pixel along an axis comes from, whose equal cells come from those of `widths`."""
    cells, ends = widths.shape[0], tf.cumsum(widths) / tf.reduce_sum(widths)
    place = (tf.range(tf.cast(length, tf.float32)) + 0.5) / tf.cast(length, tf.float32) * cells
    cell = tf.minimum(tf.cast(place, tf.int32), cells - 1)
    starts = tf.concat([[0.0], ends], axis=0)
    share = place - tf.cast(cell, tf.float32)
    along = tf.gather(starts, cell) * (1 - share) + tf.gather(ends, cell) * share
    length = tf.cast(length, tf.float32)
    return tf.clip_by_value(along * length - 0.5, 0.0, length - 1.0)


def _bilinear(image: tf.Tensor, places: tf.Tensor, axis: int) -> tf.Tensor:
    """Float32 [H, W, 3] at float32 `places`, 0 to the last pixel, along an axis."""
    last = tf.shape(image)[axis] - 1
    low = tf.cast(places, tf.int32)
    share = tf.reshape(places - tf.cast(low, tf.float32), [-1, 1, 1] if axis == 0 else [1, -1, 1])
    before = tf.gather(image, low, axis=axis)
    return before + share * (tf.gather(image, tf.minimum(low + 1, last), axis=axis) - before)
