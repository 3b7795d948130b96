"""Resizing an image and its maps, one way for training, evaluation and serving."""

import tensorflow as tf


def image(pixels: tf.Tensor, size: tuple[int, int] | tf.Tensor) -> tf.Tensor:
    """Bilinear, with antialiasing where it shrinks: any number type 0..255 [.., H, W, 3] -> float32 [.., *size, 3]."""
    # Where nothing shrinks the two are equal, and without antialiasing it takes a seventh of the time.
    return tf.cond(
        tf.reduce_any(tf.shape(pixels)[-3:-1] > size),
        # The rounded weights of an average add up to a little more than 1: white would turn 255.0001.
        lambda: tf.clip_by_value(tf.image.resize(pixels, size, antialias=True), 0, 255),
        lambda: tf.cast(tf.image.resize(pixels, size), tf.float32),
    )


def nearest(ids: tf.Tensor, size: tuple[int, int] | tf.Tensor) -> tf.Tensor:
    """Nearest neighbour, for maps of ids: int32 [.., H, W] -> int32 [.., *size]; pixel centres match `image`."""
    return tf.image.resize(ids[..., tf.newaxis], size, method="nearest")[..., 0]


def example(example: dict[str, tf.Tensor], size: tuple[int, int] | tf.Tensor) -> dict[str, tf.Tensor]:
    """An example with image float32 [H, W, 3] and its int32 [H, W] maps resized; the rest passes through."""
    maps = {name: nearest(example[name], size) for name in ("semantic", "instance")}
    return {**example, "image": image(example["image"], size), **maps}
