"""Operations on values, against the Python Imaging Library's."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps

from seg_models import pixel_operations

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.normal(120, 30, (40, 50, 3)).clip(13, 240).astype(np.uint8)
FLAT = np.full([9, 11, 3], 77, np.uint8)
TWO = np.where(RANDOM.random([30, 30, 1]) < 0.3, 200, 50).repeat(3, axis=2).astype(np.uint8)


def check(result: tf.Tensor, expected: Image.Image, tolerance: float) -> None:
    difference = np.abs(result.numpy() - np.asarray(expected, np.float32))
    assert difference.max() <= tolerance


@pytest.mark.parametrize("pixels", [PIXELS, FLAT, TWO])
def test_histograms(pixels: np.ndarray) -> None:
    image = tf.constant(pixels, tf.float32)
    check(pixel_operations.autocontrast(image), ImageOps.autocontrast(Image.fromarray(pixels)), 1.0)
    check(pixel_operations.equalize(image), ImageOps.equalize(Image.fromarray(pixels)), 0.0)


@pytest.mark.parametrize("threshold", [0, 128, 256])
def test_solarize(threshold: int) -> None:
    expected = ImageOps.solarize(Image.fromarray(PIXELS), threshold)
    check(pixel_operations.solarize(tf.constant(PIXELS, tf.float32), threshold), expected, 0.0)


@pytest.mark.parametrize("bits", [1, 4, 5, 8])
def test_posterize(bits: int) -> None:
    check(
        pixel_operations.posterize(tf.constant(PIXELS, tf.float32), bits),
        ImageOps.posterize(Image.fromarray(PIXELS), bits),
        0.0,
    )


@pytest.mark.parametrize("factor", [0.1, 1.0, 1.9])
@pytest.mark.parametrize(
    "operation, enhance, tolerance",
    [
        (pixel_operations.brightness, ImageEnhance.Brightness, 1.0),  # PIL cuts off what we keep
        (pixel_operations.color, ImageEnhance.Color, 2.0),
        (pixel_operations.contrast, ImageEnhance.Contrast, 2.0),
        (pixel_operations.sharpness, ImageEnhance.Sharpness, 2.0),
    ],
)
def test_factors(operation: Callable, enhance: type, tolerance: float, factor: float) -> None:
    expected = enhance(Image.fromarray(PIXELS)).enhance(factor)
    check(operation(tf.constant(PIXELS, tf.float32), factor), expected, 1e-4 if factor == 1 else tolerance)
