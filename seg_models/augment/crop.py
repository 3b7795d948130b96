"""Cuts a random window of one fixed size; an image that is smaller is padded with grey and void first."""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors

GREY = 127.5


@dataclasses.dataclass(frozen=True)
class Config:
    """Size of the window, pixels."""

    height: int = 512
    width: int = 512

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise errors.UserError(f"crop: expected `height` and `width` >= 1, got {self.height} and {self.width}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, image float32 [H, W, 3] and maps int32 [H, W], cut to the window's static size; `seed` int32 [2]."""
    window = tf.constant([config.height, config.width])
    size = tf.shape(example["image"])[:2]
    spare = tf.abs(size - window)
    # One draw serves both cases: where the window lies in a larger image, where a smaller image lies in the window.
    offset = tf.cast(tf.random.stateless_uniform([2], seed) * tf.cast(spare + 1, tf.float32), tf.int32)
    offset = tf.minimum(offset, spare)  # float32 may round the product up to spare + 1
    start = tf.where(size > window, offset, 0)
    before = tf.where(size < window, offset, 0)
    after = tf.maximum(window - size, 0) - before

    def cut(values: tf.Tensor, fill: float | int) -> tf.Tensor:
        values = values[start[0] : start[0] + config.height, start[1] : start[1] + config.width]
        channels = values.shape[2:]
        margins = tf.concat([tf.stack([before, after], axis=1), tf.zeros([len(channels), 2], tf.int32)], axis=0)
        return tf.ensure_shape(tf.pad(values, margins, constant_values=fill), [config.height, config.width, *channels])

    return {
        **example,
        "image": cut(example["image"], GREY),
        "semantic": cut(example["semantic"], info.void),
        "instance": cut(example["instance"], 0),
    }
