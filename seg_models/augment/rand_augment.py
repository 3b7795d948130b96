"""RandAugment (Cubuk et al. 2019): N operations, drawn from a list of 14, all of one magnitude M.

The list is that of the paper's figure 2, the ranges are AutoAugment's (Cubuk et al. 2018, table 6). At magnitude 0
nothing happens but for `autocontrast` and `equalize`, and every other operation grows with M, `posterize` and
`solarize` too, which run the other way in the authors' code. What can go two ways does so with equal chance.
Operations that move pixels move those of the maps too; grey and void come in.
"""

import dataclasses
import functools
import math

import tensorflow as tf

from seg_models import affine, dataset, errors, pixel_operations

OPERATIONS = (
    "identity", "autocontrast", "equalize", "rotate", "solarize", "color", "posterize", "contrast", "brightness",
    "sharpness", "shear_x", "shear_y", "translate_x", "translate_y",
)  # fmt: skip
HIGHEST = 10.0


@dataclasses.dataclass(frozen=True)
class Config:
    """How much is done.

    Attributes:
      count: N, operations that an image goes through; one may come twice.
      magnitude: M, 0 to 10.
      operations: what is drawn from.
    """

    count: int = 2
    magnitude: float = 9.0
    operations: tuple[str, ...] = OPERATIONS

    def __post_init__(self) -> None:
        if self.count < 1:
            raise errors.UserError(f"rand_augment: expected `count` >= 1, got {self.count}.")
        if not 0 <= self.magnitude <= HIGHEST:
            raise errors.UserError(f"rand_augment: expected `magnitude` in [0, 10], got {self.magnitude}.")
        wrong = [name for name in self.operations if name not in OPERATIONS]
        if wrong or not self.operations:
            raise errors.UserError(
                f"rand_augment: expected `operations` among {', '.join(OPERATIONS)}, got {wrong or 'none'}."
            )


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, image float32 0..255 [H, W, 3] and maps int32 [H, W], after N operations; `seed` is int32 [2]."""
    draws = tf.random.stateless_uniform([config.count, 2], seed)
    spatial = {name: example[name] for name in ("image", "semantic", "instance")}
    amount = config.magnitude / HIGHEST
    for step in range(config.count):
        sign = tf.where(draws[step, 1] < 0.5, -1.0, 1.0)
        chosen = tf.cast(draws[step, 0] * len(config.operations), tf.int32)
        branches = [
            functools.partial(_operated, name, spatial, amount, sign=sign, info=info) for name in config.operations
        ]
        operated = tf.switch_case(chosen, branches)
        spatial = {name: tf.ensure_shape(value, example[name].shape) for name, value in operated.items()}
    return {**example, **spatial}


def _operated(
    name: str, spatial: dict[str, tf.Tensor], amount: float, *, sign: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """Image and maps after one operation; `amount` is 0..1, `sign` -1 or 1."""
    recoloured = {
        "identity": lambda image: image,
        "autocontrast": pixel_operations.autocontrast,
        "equalize": pixel_operations.equalize,
        "solarize": lambda image: pixel_operations.solarize(image, 256.0 * (1.0 - amount)),
        "posterize": lambda image: pixel_operations.posterize(image, 8 - round(4 * amount)),
        **{
            kind: functools.partial(getattr(pixel_operations, kind), factor=1.0 + sign * 0.9 * amount)
            for kind in ("color", "contrast", "brightness", "sharpness")
        },
    }
    if name in recoloured:
        return {**spatial, "image": recoloured[name](spatial["image"])}
    matrix, shift = _motion(name, sign * amount, tf.cast(tf.shape(spatial["semantic"]), tf.float32))
    return affine.example(spatial, matrix, shift, info)


def _motion(name: str, amount: tf.Tensor, size: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Float32 ([2, 2], [2]), (y, x) from the centre: where pixels come from; `amount` -1..1, `size` float32 [2]."""
    shear, still = 0.3 * amount, tf.zeros([2])
    if name == "rotate":
        return affine.rotation(math.radians(30.0) * amount), still
    if name == "shear_x":
        return tf.stack([[1.0, 0.0], [shear, 1.0]]), still
    if name == "shear_y":
        return tf.stack([[1.0, shear], [0.0, 1.0]]), still
    # AutoAugment's 150 pixels are of ImageNet's 331.
    along = tf.constant([0.0, 1.0] if name == "translate_x" else [1.0, 0.0])
    return tf.eye(2), along * size * amount * 150.0 / 331.0
