"""Adds Gaussian noise to an image, and speckle, which grows with the pixel's value; its maps stay."""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors


@dataclasses.dataclass(frozen=True)
class Config:
    """How strong the noise is; each image draws its own strength, uniform in [0, x).

    Attributes:
      gaussian: largest standard deviation, as a fraction of 255.
      speckle: largest standard deviation, as a fraction of each value.
      probability: the fraction of images that get noise.
    """

    gaussian: float = 0.05
    speckle: float = 0.0
    probability: float = 0.5

    def __post_init__(self) -> None:
        for name in ("gaussian", "speckle", "probability"):
            if not 0 <= getattr(self, name) <= 1:
                raise errors.UserError(f"noise: expected `{name}` in [0, 1], got {getattr(self, name)}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, its image float32 0..255 [H, W, 3] with noise and clipped to 0..255; `seed` is int32 [2]."""
    draws = tf.random.stateless_uniform([3], seed)
    image = example["image"]

    def noisy() -> tf.Tensor:
        changed = image + 255.0 * config.gaussian * draws[1] * _normal(image, seed, 0)
        if config.speckle:
            changed += image * config.speckle * draws[2] * _normal(image, seed, 1)
        return tf.clip_by_value(changed, 0.0, 255.0)

    return {**example, "image": tf.cond(draws[0] < config.probability, noisy, lambda: image)}


def _normal(image: tf.Tensor, seed: tf.Tensor, index: int) -> tf.Tensor:
    """Float32 numbers of the standard normal distribution, one for each in image [H, W, 3]."""
    own = tf.random.experimental.stateless_fold_in(seed, index)
    return tf.ensure_shape(tf.random.stateless_normal(tf.shape(image), own), image.shape)
