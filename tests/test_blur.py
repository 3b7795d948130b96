"""Blur: OpenCV's kernel, what a border does, the fraction."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.augment import blur

INFO = dataset.DatasetInfo("none", (dataset.Category("a", (0, 0, 0)),), ())


def blurred(config: blur.Config, image: np.ndarray, seed: int = 0) -> np.ndarray:
    maps = tf.zeros(image.shape[:2], tf.int32)
    example = {"image": tf.constant(image, tf.float32), "semantic": maps, "instance": maps}
    return blur.apply(config, example, seed=tf.constant([0, seed]), info=INFO)["image"].numpy()


def test_a_point_becomes_the_gaussian() -> None:
    image = np.zeros([9, 11, 3], np.float32)
    image[4, 5] = 200
    weights = np.exp(-(np.arange(-2, 3) ** 2) / (2 * 1.1**2))
    expected = 200 * np.outer(weights, weights) / weights.sum() ** 2
    result = blurred(blur.Config(probability=1), image)
    np.testing.assert_allclose(result[2:7, 3:8], expected[..., None].repeat(3, axis=2), atol=1e-3)
    assert result[:2].max() == 0 and result[:, 8:].max() == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (30, 1)])
def test_the_border_goes_on_outside(size: tuple[int, int]) -> None:
    image = np.full([*size, 3], 80.0)
    np.testing.assert_allclose(blurred(blur.Config(radius=4, low=2, high=3, probability=1), image), image, rtol=1e-5)


def test_white_stays_white() -> None:
    """Weights that add up to a little more than 1 would make it more than white, for some deviations."""
    image = np.full([3, 3, 3], 255.0)
    for seed in range(30):
        result = blurred(blur.Config(radius=5, low=0.8, high=4, probability=1), image, seed)
        assert 254.99 < result.min() and result.max() <= 255


def test_deviations_fill_the_range() -> None:
    image = np.zeros([41, 41, 3], np.float32)
    image[20, 20] = 1
    square = (np.arange(41) - 20.0) ** 2
    config = blur.Config(radius=20, low=1, high=3, probability=1)
    deviations = [np.sqrt((blurred(config, image, seed)[..., 0].sum(axis=0) * square).sum()) for seed in range(40)]
    assert 0.99 < min(deviations) < 1.2 and 2.8 < max(deviations) < 3.01


def test_the_fraction_is_the_probability() -> None:
    image = np.random.default_rng(0).uniform(0, 255, [6, 6, 3]).astype(np.float32)
    config = blur.Config(probability=0.25)
    assert 28 <= sum((blurred(config, image, seed) != image).any() for seed in range(200)) <= 72


def test_a_wrong_deviation_is_refused() -> None:
    with pytest.raises(errors.UserError, match="`low`"):
        blur.Config(low=2.0, high=1.0)
