"""Mirrors an image and its maps left to right, at random."""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors


@dataclasses.dataclass(frozen=True)
class Config:
    """How often: the fraction of images that are mirrored."""

    probability: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise errors.UserError(f"flip: expected `probability` in [0, 1], got {self.probability}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, image float32 [H, W, 3] and maps int32 [H, W], mirrored or as it was; `seed` is int32 [2]."""
    mirrored = tf.random.stateless_uniform([], seed) < config.probability
    spatial = {name: example[name] for name in ("image", "semantic", "instance")}
    flipped = tf.cond(
        mirrored, lambda: {name: tf.reverse(value, [1]) for name, value in spatial.items()}, lambda: spatial
    )
    return {**example, **flipped}
