"""Turns an image and its maps by quarters of a circle, for pictures without an up: from above, or through a microscope.

Nothing is resampled. An image that is not square is turned by half a circle or not at all, so that its size stays;
after a square `crop` all four are equally likely.
"""

import dataclasses

import tensorflow as tf

from seg_models import dataset


@dataclasses.dataclass(frozen=True)
class Config:
    """There is nothing to set: every turn that keeps the size is equally likely."""


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, image float32 [H, W, 3] and maps int32 [H, W], turned; `seed` is int32 [2]."""
    size = tf.shape(example["semantic"])
    halves = tf.random.stateless_uniform([], seed, 0, 2, tf.int32)
    quarters = tf.random.stateless_uniform([], seed, 0, 4, tf.int32)
    turns = tf.where(size[0] == size[1], quarters, 2 * halves)

    def turned(values: tf.Tensor) -> tf.Tensor:
        across = tf.transpose(values, [1, 0, 2][: values.shape.rank])
        branches = (
            lambda: values,
            lambda: tf.reverse(across, [0]),
            lambda: tf.reverse(values, [0, 1]),
            lambda: tf.reverse(across, [1]),
        )
        return tf.ensure_shape(tf.switch_case(turns, branches), values.shape)

    return {**example, **{name: turned(example[name]) for name in ("image", "semantic", "instance")}}
