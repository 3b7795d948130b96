"""Scale jitter: the factor's range, the aspect ratio, the settings."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.augment import scale_jitter

INFO = dataset.DatasetInfo("none", (dataset.Category("a", (0, 0, 0)),), ())


def scaled_size(config: scale_jitter.Config, seed: int) -> tuple[int, int]:
    zeros = tf.zeros([60, 100], tf.int32)
    example = {"image": tf.zeros([60, 100, 3]), "semantic": zeros, "instance": zeros}
    image = scale_jitter.apply(config, example, seed=tf.constant([0, seed]), info=INFO)["image"]
    return tuple(image.shape[:2])


def test_factors_fill_the_range_and_keep_the_aspect_ratio() -> None:
    sizes = np.array([scaled_size(scale_jitter.Config(0.5, 2.0), seed) for seed in range(60)])
    factors = sizes[:, 1] / 100
    assert factors.min() >= 0.5 and factors.max() <= 2.0
    assert factors.min() < 0.6 and factors.max() > 1.9
    np.testing.assert_allclose(sizes[:, 0] / 60, factors, atol=0.5 / 60 + 0.5 / 100)


def test_one_factor_and_tiny_images() -> None:
    assert scaled_size(scale_jitter.Config(0.25, 0.25), 0) == (15, 25)
    assert scaled_size(scale_jitter.Config(0.001, 0.001), 0) == (1, 1)


@pytest.mark.parametrize("low, high", [(0.0, 1.0), (2.0, 1.0), (-1.0, 1.0)])
def test_a_wrong_range_is_refused(low: float, high: float) -> None:
    with pytest.raises(errors.UserError, match="`low`"):
        scale_jitter.Config(low, high)
