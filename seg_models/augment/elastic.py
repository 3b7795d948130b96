"""Bends an image and its maps like rubber (U-Net, arXiv:1505.04597, section 3.1)."""

import dataclasses
import math

import tensorflow as tf

from seg_models import dataset, errors, warp


@dataclasses.dataclass(frozen=True)
class Config:
    """Random displacements on a coarse grid, bicubic between its points; the defaults are the paper's.

    Attributes:
      grid: points a side; each stands in the middle of its part of the image.
      std: of a displacement along either axis, pixels.
    """

    grid: int = 3
    std: float = 10.0

    def __post_init__(self) -> None:
        if self.grid < 2:
            raise errors.UserError(f"elastic: expected `grid` >= 2, got {self.grid}.")
        if not (self.std >= 0 and math.isfinite(self.std)):
            raise errors.UserError(f"elastic: expected `std` >= 0, got {self.std}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, image float32 [H, W, 3] bilinear and maps int32 [H, W] nearest, bent; `seed` is int32 [2].

    What comes from outside of the image is grey, void and no instance.
    """
    size = tf.shape(example["image"])[:2]
    return warp.example(example, warp.grid(size) + displacements(config, size, seed), info)


def displacements(config: Config, size: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Float32 [H, W, 2], (y, x) in pixels: how far each pixel of `size`, int32 [2], comes from."""
    coarse = tf.random.stateless_normal([config.grid, config.grid, 2], seed, stddev=config.std)
    return tf.image.resize(coarse, size, method="bicubic")
