"""Local contrast normalisation against the paper's sums written out in numpy."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import local_contrast_normalization


def by_hand(image: np.ndarray, window: int) -> np.ndarray:
    """The paper's formulas for float [H, W, C], pixel by pixel; the weights under the window add up to 1."""
    height, width, channels = image.shape
    rows, columns = np.mgrid[:height, :width]

    def averages(values: np.ndarray) -> np.ndarray:
        """Float [H, W]: the weighted mean around each pixel, over all channels."""
        result = np.zeros((height, width))
        for y, x in np.ndindex(height, width):
            weight = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * (window / 4) ** 2))
            weight[(abs(rows - y) > window // 2) | (abs(columns - x) > window // 2)] = 0
            weight = np.repeat(weight[..., None], channels, axis=2)
            result[y, x] = (values * weight / weight.sum()).sum()
        return result

    centered = image - averages(image)[..., None]
    deviation = np.sqrt(averages(centered**2))
    return centered / np.maximum(deviation.mean(), deviation)[..., None]


@pytest.mark.parametrize("size", ((11, 14), (5, 3)))
def test_equals_the_sums_of_the_paper(size: tuple[int, int]) -> None:
    images = np.random.default_rng(0).uniform(0, 255, (2, *size, 3)).astype(np.float32)
    images[:, :4] = images[:, :4] / 20 + 100
    layer = local_contrast_normalization.LocalContrastNormalization(window=5)
    normalised = layer(images).numpy()
    for image, result in zip(images, normalised):
        np.testing.assert_allclose(result, by_hand(image.astype(np.float64), 5), atol=1e-3)


def test_brightness_and_contrast_do_not_matter() -> None:
    image = np.random.default_rng(0).uniform(0, 100, (1, 20, 20, 3)).astype(np.float32)
    layer = local_contrast_normalization.LocalContrastNormalization()
    np.testing.assert_allclose(layer(2 * image + 30), layer(image), atol=1e-3)


def test_an_even_image_gives_0_and_finite_gradients() -> None:
    image = tf.fill([1, 6, 7, 3], 200.0)
    with tf.GradientTape() as tape:
        tape.watch(image)
        normalised = local_contrast_normalization.LocalContrastNormalization()(image)
    assert np.abs(normalised).max() < 0.02
    assert np.isfinite(tape.gradient(normalised, image)).all()
