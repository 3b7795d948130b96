"""Turns an image and its maps about the centre by a random angle; the corners that come in are grey and void.

PSPNet (Zhao et al. 2017, section 5.1) turns by up to 10 degrees either way; its published code does so to every second
image.
"""

import dataclasses
import math

import tensorflow as tf

from seg_models import affine, dataset, errors


@dataclasses.dataclass(frozen=True)
class Config:
    """The angle is uniform in [-degrees, degrees).

    Attributes:
      degrees: the largest angle, up to 180.
      probability: the fraction of images that are turned.
    """

    degrees: float = 10.0
    probability: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.degrees <= 180:
            raise errors.UserError(f"rotation: expected `degrees` in [0, 180], got {self.degrees}.")
        if not 0 <= self.probability <= 1:
            raise errors.UserError(f"rotation: expected `probability` in [0, 1], got {self.probability}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, image float32 [H, W, 3] and maps int32 [H, W], turned or as it was; `seed` is int32 [2]."""
    draws = tf.random.stateless_uniform([2], seed)
    matrix = affine.rotation((2.0 * draws[1] - 1.0) * math.radians(config.degrees))
    spatial = {name: example[name] for name in ("image", "semantic", "instance")}
    turned = tf.cond(
        draws[0] < config.probability, lambda: affine.example(spatial, matrix, tf.zeros([2]), info), lambda: spatial
    )
    return {**example, **turned}
