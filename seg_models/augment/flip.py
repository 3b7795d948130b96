"""Mirrors an image and its maps at random: left to right and, where up and down are alike, top to bottom."""

import dataclasses

import tensorflow as tf

from seg_models import dataset, errors


@dataclasses.dataclass(frozen=True)
class Config:
    """How often.

    Attributes:
      probability: the fraction of images that are mirrored left to right.
      vertical: the fraction that are mirrored top to bottom, drawn on its own.
    """

    probability: float = 0.5
    vertical: float = 0.0

    def __post_init__(self) -> None:
        for name in ("probability", "vertical"):
            if not 0 <= getattr(self, name) <= 1:
                raise errors.UserError(f"flip: expected `{name}` in [0, 1], got {getattr(self, name)}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, image float32 [H, W, 3] and maps int32 [H, W], mirrored or as it was; `seed` is int32 [2]."""
    draws = tf.random.stateless_uniform([2], seed)
    spatial = {name: example[name] for name in ("image", "semantic", "instance")}
    for axis, probability in ((1, config.probability), (0, config.vertical)):
        if probability:
            spatial = _mirrored(spatial, axis, draws[1 - axis] < probability)
    return {**example, **spatial}


def _mirrored(spatial: dict[str, tf.Tensor], axis: int, wanted: tf.Tensor) -> dict[str, tf.Tensor]:
    """The tensors [H, W, ..], reversed along `axis` where that is wanted."""
    return tf.cond(
        wanted, lambda: {name: tf.reverse(value, [axis]) for name, value in spatial.items()}, lambda: spatial
    )
