"""Fully connected conditional random field with Gaussian edges, by mean field (Kraehenbuehl and Koltun, 2011).

As DeepLab uses it (Chen et al., 2015, section 3.2): pixels that are near one another and of one colour are drawn to one
class, and so are neighbours of whatever colour.

The paper's messages (section 3.1, algorithm 1) are sums over all other pixels. Here a pixel's own marginal is part of
its message, weighted as a neighbour in its very place is: it is not subtracted after the filtering.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from seg_models import errors, permutohedral_lattice


@dataclasses.dataclass(frozen=True)
class Config:
    """The two kernels and the iterations; the defaults are DeepLab's, found on PASCAL VOC.

    Attributes:
      iterations: of mean field.
      appearance_weight, appearance_position, appearance_color: of the kernel that sees place and colour: its weight,
        and its standard deviations in pixels and in grey levels.
      smoothness_weight, smoothness_position: of the kernel that sees place alone.
    """

    iterations: int = 10
    appearance_weight: float = 4.0
    appearance_position: float = 67.0
    appearance_color: float = 3.0
    smoothness_weight: float = 3.0
    smoothness_position: float = 3.0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value < 0 or (value == 0 and not field.name.endswith("weight")):
                raise errors.UserError(f"dense_crf: `{field.name}` is {value}; expected a positive number.")


def refine(config: Config, image: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """The marginals of the field.

    Args:
      config: see Config.
      image: float32 0..255 [B, H, W, 3].
      probabilities: float32 [B, H, W, C], the model's.

    Returns:
      Float32 [B, H, W, C].
    """
    unary = tf.math.log(tf.maximum(probabilities, 1e-8))
    lattice = _appearance(config, image)
    near = _gaussian(config.smoothness_position)
    appearance_scale = tf.math.rsqrt(_by_appearance(lattice, tf.ones_like(probabilities[..., :1])) + 1e-20)
    smoothness_scale = tf.math.rsqrt(_by_place(near, tf.ones_like(probabilities[..., :1])) + 1e-20)
    marginals = probabilities
    for _ in range(config.iterations):
        # Both kernels are normalised symmetrically: without it, pixels at the border would be drawn less.
        similar = appearance_scale * _by_appearance(lattice, appearance_scale * marginals)
        close = smoothness_scale * _by_place(near, smoothness_scale * marginals)
        marginals = tf.nn.softmax(unary + config.appearance_weight * similar + config.smoothness_weight * close)
    return marginals


def _appearance(config: Config, image: tf.Tensor) -> permutohedral_lattice.Lattice:
    """The lattice over place and colour; the images of a batch do not see one another."""
    batch, height, width = tf.unstack(tf.shape(image)[:3])
    index = tf.range(batch * height * width)
    place = tf.stack([index // width % height, index % width], axis=1)
    features = tf.concat(
        [
            tf.cast(place, tf.float32) / config.appearance_position,
            tf.reshape(image, [-1, 3]) / config.appearance_color,
        ],
        axis=1,
    )
    return permutohedral_lattice.build(features, index // (width * height))


def _by_appearance(lattice: permutohedral_lattice.Lattice, values: tf.Tensor) -> tf.Tensor:
    """Float32 [B, H, W, C] -> the same."""
    flat = lattice.filter(tf.reshape(values, [-1, values.shape[-1]]))
    return tf.reshape(flat, tf.shape(values))


def _gaussian(deviation: float) -> np.ndarray:
    """Float32 [n]: exp(-x^2 / 2 deviation^2) as far as it matters."""
    reach = int(np.ceil(4 * deviation))
    return np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2).astype(np.float32)


def _by_place(kernel: np.ndarray, values: tf.Tensor) -> tf.Tensor:
    """Sums over neighbours, weighted by the kernel in both directions: float32 [B, H, W, C] -> the same."""
    channels = values.shape[-1]
    for shape in ((-1, 1, 1, 1), (1, -1, 1, 1)):
        filters = tf.tile(tf.reshape(tf.constant(kernel), shape), [1, 1, channels, 1])
        values = tf.nn.depthwise_conv2d(values, filters, strides=[1, 1, 1, 1], padding="SAME")
    return values
