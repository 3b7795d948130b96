"""Scales an image and its maps by a random factor, keeping the aspect ratio; `crop` makes the sizes equal again."""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors, resize


@dataclasses.dataclass(frozen=True)
class Config:
    """The factor is uniform in [low, high)."""

    low: float = 0.5
    high: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high:
            raise errors.UserError(f"scale_jitter: expected 0 < `low` <= `high`, got {self.low} and {self.high}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, image float32 [H, W, 3] and maps int32 [H, W], scaled; `seed` is int32 [2]."""
    return resize.example(example, scaled(config, tf.shape(example["image"])[:2], seed=seed))


def scaled(config: Config, size: tf.Tensor, *, seed: tf.Tensor) -> tf.Tensor:
    """Int32 [2], what becomes of an example's `size`, int32 [2]."""
    factor = tf.random.stateless_uniform([], seed, config.low, config.high)
    return tf.maximum(tf.cast(tf.round(tf.cast(size, tf.float32) * factor), tf.int32), 1)
