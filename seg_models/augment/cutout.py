"""Covers random squares of an image with grey (DeVries and Taylor 2017, Cutout).

The centre of a square lies anywhere in the image, so a part of the square may lie outside, as in section 3.2 of the
paper. The paper classifies whole images; here the pixels below a square are void, or keep their class, which then has
to be told from what surrounds the square.
"""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors
from seg_models.augment import crop


@dataclasses.dataclass(frozen=True)
class Config:
    """How much is covered.

    Attributes:
      squares: how many.
      side: of a square, as a fraction of the image's shorter side; on CIFAR-100 the paper covers 8 of 32 pixels.
      truth_below: "void", or "kept": what the maps say below a square.
    """

    squares: int = 1
    side: float = 0.25
    truth_below: str = "void"

    def __post_init__(self) -> None:
        if self.squares < 1:
            raise errors.UserError(f"cutout: expected `squares` >= 1, got {self.squares}.")
        if not 0 < self.side <= 1:
            raise errors.UserError(f"cutout: expected `side` in (0, 1], got {self.side}.")
        if self.truth_below not in ("void", "kept"):
            raise errors.UserError(f"cutout: expected `truth_below` \"void\" or \"kept\", got {self.truth_below!r}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, image float32 [H, W, 3] and maps int32 [H, W], with squares of grey and void; `seed` int32 [2]."""
    size = tf.shape(example["semantic"])
    side = config.side * tf.cast(tf.reduce_min(size), tf.float32)
    centers = tf.random.stateless_uniform([config.squares, 2], seed) * tf.cast(size, tf.float32)
    rows, columns = (_within(size[axis], centers[:, axis], side) for axis in range(2))
    covered = tf.reduce_any(rows[:, :, tf.newaxis] & columns[:, tf.newaxis, :], axis=0)
    result = {**example, "image": tf.where(covered[..., tf.newaxis], crop.GREY, example["image"])}
    if config.truth_below == "void":
        result["semantic"] = tf.where(covered, info.void, example["semantic"])
        result["instance"] = tf.where(covered, 0, example["instance"])
    return result


def _within(length: tf.Tensor, centers: tf.Tensor, side: tf.Tensor) -> tf.Tensor:
    """Bool [squares, length]: which pixels along one axis lie below which square."""
    middles = tf.range(tf.cast(length, tf.float32)) + 0.5
    return tf.abs(middles - centers[:, tf.newaxis]) < side / 2
