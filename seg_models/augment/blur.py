"""Blurs an image with a Gaussian, at random; its maps stay.

The defaults are those of PSPNet's published code (Zhao et al. 2017, section 5.1 names the blur without its numbers):
every second image, 5 x 5 pixels. OpenCV, which it calls, takes a deviation of 1.1 for that size.
"""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors


@dataclasses.dataclass(frozen=True)
class Config:
    """The standard deviation is uniform in [low, high).

    Attributes:
      radius: of the kernel, pixels; it has 2 * radius + 1 each way.
      low, high: least and largest standard deviation, pixels.
      probability: the fraction of images that are blurred.
    """

    radius: int = 2
    low: float = 1.1
    high: float = 1.1
    probability: float = 0.5

    def __post_init__(self) -> None:
        if self.radius < 1:
            raise errors.UserError(f"blur: expected `radius` >= 1, got {self.radius}.")
        if not 0 < self.low <= self.high:
            raise errors.UserError(f"blur: expected 0 < `low` <= `high`, got {self.low} and {self.high}.")
        if not 0 <= self.probability <= 1:
            raise errors.UserError(f"blur: expected `probability` in [0, 1], got {self.probability}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, its image float32 0..255 [H, W, 3] blurred or as it was; `seed` is int32 [2]."""
    draws = tf.random.stateless_uniform([2], seed)
    deviation = config.low + (config.high - config.low) * draws[1]
    distance = tf.range(-config.radius, config.radius + 1, dtype=tf.float32)
    kernel = tf.nn.softmax(-tf.square(distance / deviation) / 2)
    image = example["image"]
    blurred = tf.cond(
        draws[0] < config.probability, lambda: _along(_along(image, kernel, axis=0), kernel, axis=1), lambda: image
    )
    return {**example, "image": blurred}


def _along(image: tf.Tensor, kernel: tf.Tensor, *, axis: int) -> tf.Tensor:
    """Float32 [H, W, 3], each pixel the mean of its neighbours along `axis`; the border's pixels go on outside it."""
    length, radius = tf.shape(image)[axis], kernel.shape[0] // 2
    places = tf.clip_by_value(tf.range(-radius, length + radius), 0, length - 1)
    padded = tf.gather(image, places, axis=axis)[tf.newaxis]
    taps = tf.reshape(tf.repeat(kernel, 3), [-1, 1, 3, 1] if axis == 0 else [1, -1, 3, 1])
    means = tf.ensure_shape(tf.nn.depthwise_conv2d(padded, taps, [1, 1, 1, 1], "VALID")[0], image.shape)
    # The rounded weights may add up to a little more than 1: white would turn 255.00002.
    return tf.minimum(means, 255.0)
