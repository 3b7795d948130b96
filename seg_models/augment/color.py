"""Changes brightness, contrast, saturation, hue and gamma of an image at random; its maps stay.

All but gamma are affine in the pixel's RGB, so they are one 3 x 3 matrix and one offset per image. Saturation and hue
scale and turn the chroma plane of YIQ, which is cheaper than a trip through HSV and smooth at grey pixels.
"""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from seg_models import dataset, errors

YIQ = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]], np.float32)
RGB = np.linalg.inv(YIQ)


@dataclasses.dataclass(frozen=True)
class Config:
    """Each but `grey` is drawn uniformly from [-x, x).

    Attributes:
      brightness: added, as a fraction of 255.
      contrast: the distance to the image's mean grey is multiplied by 1 + draw.
      saturation: the distance to the pixel's own grey is multiplied by 1 + draw.
      hue: turn of the colour circle; 0.5 is half a turn.
      gamma: after all others, values of 0..1 are raised to the power exp(draw).
      grey: the fraction of images that lose all colour.
    """

    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    hue: float = 0.02
    gamma: float = 0.0
    grey: float = 0.0

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation", "hue", "gamma", "grey"):
            highest = 0.5 if name == "hue" else 1.0
            if not 0 <= getattr(self, name) <= highest:
                raise errors.UserError(f"color: expected `{name}` in [0, {highest}], got {getattr(self, name)}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, its image float32 0..255 [H, W, 3] recoloured and clipped to 0..255; `seed` is int32 [2]."""
    image = example["image"]
    draws = tf.unstack(tf.random.stateless_uniform([6], seed, -1.0, 1.0))
    brightness = 255.0 * config.brightness * draws[0]
    contrast = 1.0 + config.contrast * draws[1]
    saturation = tf.where((draws[5] + 1.0) / 2.0 < config.grey, 0.0, 1.0 + config.saturation * draws[2])
    angle = 2.0 * math.pi * config.hue * draws[3]
    # One axis after the other, and the two bounds below one by one, take two thirds and half of the time.
    grey = tf.tensordot(tf.reduce_mean(tf.reduce_mean(image, axis=0), axis=0), YIQ[0], 1)
    matrix = contrast * _chroma(saturation, angle)
    recoloured = tf.tensordot(image, matrix, [[2], [1]]) + ((1.0 - contrast) * grey + brightness)
    recoloured = tf.minimum(tf.maximum(recoloured, 0.0), 255.0)
    if config.gamma:
        recoloured = 255.0 * tf.pow(recoloured / 255.0, tf.exp(config.gamma * draws[4]))
    return {**example, "image": recoloured}


def _chroma(saturation: tf.Tensor, angle: tf.Tensor) -> tf.Tensor:
    """float32 [3, 3], RGB -> RGB: the chroma plane scaled by `saturation` and turned by `angle`, luma kept."""
    cosine, sine = saturation * tf.cos(angle), saturation * tf.sin(angle)
    turn = tf.stack([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
    return RGB @ turn @ YIQ
