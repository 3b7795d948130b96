"""Cuts a random window of one fixed size; an image that is smaller is padded with grey and void first.

Where one class may not fill the window, it is drawn again until that holds or the tries are over; then the last is
taken, as MMSegmentation does with `cat_max_ratio`.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from seg_models import dataset, errors, resize

GREY = 127.5


@dataclasses.dataclass(frozen=True)
class Config:
    """What is cut.

    Attributes:
      height, width: of the window, pixels.
      max_category_fraction: a window is drawn again where one class has this share or more of its pixels, void aside;
        0.75 is usual. 1: the first window is taken.
      tries: windows that are drawn at most.
    """

    height: int = 512
    width: int = 512
    max_category_fraction: float = 1.0
    tries: int = 10

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise errors.UserError(f"crop: expected `height` and `width` >= 1, got {self.height} and {self.width}.")
        if not 0 < self.max_category_fraction <= 1:
            raise errors.UserError(
                f"crop: expected `max_category_fraction` in (0, 1], got {self.max_category_fraction}."
            )
        if self.tries < 1:
            raise errors.UserError(f"crop: expected `tries` >= 1, got {self.tries}.")


def apply(
    config: Config, example: dict[str, tf.Tensor], *, seed: tf.Tensor, info: dataset.DatasetInfo
) -> dict[str, tf.Tensor]:
    """One example, image float32 [H, W, 3] and maps int32 [H, W], cut to the window's static size; `seed` int32 [2]."""
    size = tf.shape(example["image"])[:2]
    fills = {"image": GREY, "semantic": info.void, "instance": 0}

    def seen(name: str, offset: tf.Tensor) -> tf.Tensor:
        window = resize.window(size, size, offset, (config.height, config.width))
        return resize.framed(resize.cut(example[name], window), window, fills[name])

    offset = place(config, size, seed=seed, info=info, semantic=lambda offset: seen("semantic", offset))
    return {**example, **{name: seen(name, offset) for name in fills}}


def place(
    config: Config,
    size: tf.Tensor,
    *,
    seed: tf.Tensor,
    info: dataset.DatasetInfo,
    semantic: Callable[[tf.Tensor], tf.Tensor],
) -> tf.Tensor:
    """Where the window lies: int32 [2], the row and column where it starts, negative where it starts outside.

    Args:
      config: see Config.
      size: int32 [2], of the example.
      seed: int32 [2].
      info: says what is void.
      semantic: offset int32 [2] -> what the window shows of the class map there, int32 [height, width].
    """
    window = tf.constant([config.height, config.width])
    draws = tf.random.stateless_uniform([config.tries, 2], seed)

    def offset(index: tf.Tensor) -> tf.Tensor:
        # One draw serves both cases: where the window lies in a larger image, where a smaller image lies in the window.
        spare = tf.abs(size - window)
        start = tf.cast(draws[index] * tf.cast(spare + 1, tf.float32), tf.int32)
        start = tf.minimum(start, spare)  # float32 may round the product up to spare + 1
        return tf.where(size < window, -start, start)

    if config.max_category_fraction == 1 or config.tries == 1:
        return offset(tf.constant(0))
    (index,) = tf.while_loop(
        lambda index: ~_is_mixed(semantic(offset(index)), config.max_category_fraction, info),
        lambda index: (index + 1,),
        (tf.constant(0),),
        maximum_iterations=config.tries - 1,
    )
    return offset(index)


def _is_mixed(semantic: tf.Tensor, fraction: float, info: dataset.DatasetInfo) -> tf.Tensor:
    """Bool scalar: no class has `fraction` or more of the pixels of int32 [H, W] that are not void."""
    ids = tf.reshape(tf.minimum(semantic, info.num_categories), [-1])
    counts = tf.math.bincount(ids, minlength=info.num_categories + 1, maxlength=info.num_categories + 1)[:-1]
    return tf.cast(tf.reduce_max(counts), tf.float32) < fraction * tf.cast(tf.reduce_sum(counts), tf.float32)
