"""Noise: its strength, where speckle is strong, the fraction."""

import numpy as np
import tensorflow as tf

from seg_models import dataset
from seg_models.augment import noise

INFO = dataset.DatasetInfo("none", (dataset.Category("a", (0, 0, 0)),), ())


def added(config: noise.Config, value: float, seed: int) -> np.ndarray:
    example = {"image": tf.fill([50, 60, 3], value)}
    return noise.apply(config, example, seed=tf.constant([0, seed]), info=INFO)["image"].numpy() - value


def test_gaussian_is_as_strong_everywhere() -> None:
    config = noise.Config(gaussian=0.1, probability=1)
    dark = [added(config, 100.0, seed) for seed in range(40)]
    deviations = np.array([each.std() for each in dark])
    assert deviations.max() < 26.5 and deviations.max() > 22 and deviations.min() < 3  # up to 0.1 * 255
    assert all(abs(each.mean()) < 4 * each.std() / np.sqrt(each.size) for each in dark)
    light = [added(config, 150.0, seed).std() for seed in range(40)]
    np.testing.assert_allclose(light, deviations, rtol=1e-3)
    # Each value has a number of its own.
    assert abs(np.corrcoef(dark[0][..., 0].ravel(), dark[0][..., 1].ravel())[0, 1]) < 0.1


def test_speckle_grows_with_the_value() -> None:
    config = noise.Config(gaussian=0.0, speckle=0.2, probability=1)
    for seed in range(5):
        np.testing.assert_allclose(added(config, 120.0, seed), 3 * added(config, 40.0, seed), atol=0.01)
        assert added(config, 0.0, seed).max() == 0
    assert 20 < max(added(config, 120.0, seed).std() for seed in range(40)) < 25


def test_clipped() -> None:
    result = added(noise.Config(gaussian=1.0, probability=1), 250.0, 0)
    assert result.max() == 5 and result.min() == -250


def test_the_fraction_is_the_probability() -> None:
    config = noise.Config(probability=0.25)
    assert 28 <= sum(added(config, 100.0, seed).any() for seed in range(200)) <= 72
