"""Flip: left to right, as often as asked."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.augment import flip

INFO = dataset.DatasetInfo("none", (dataset.Category("a", (0, 0, 0)),), ())


def flipped(probability: float, seed: int, vertical: float = 0.0) -> dict[str, np.ndarray]:
    maps = tf.constant([[1, 2, 3], [4, 5, 6]])
    example = {"image": tf.cast(tf.stack([maps] * 3, -1), tf.float32), "semantic": maps, "instance": maps * 10}
    result = flip.apply(flip.Config(probability, vertical), example, seed=tf.constant([0, seed]), info=INFO)
    return {name: value.numpy() for name, value in result.items()}


def test_always_and_never() -> None:
    for seed in range(10):
        assert flipped(0.0, seed)["semantic"].tolist() == [[1, 2, 3], [4, 5, 6]]
        result = flipped(1.0, seed)
        assert result["semantic"].tolist() == [[3, 2, 1], [6, 5, 4]]
        assert result["instance"].tolist() == [[30, 20, 10], [60, 50, 40]]
        assert result["image"][..., 2].tolist() == [[3, 2, 1], [6, 5, 4]]


def test_the_fraction_is_the_probability() -> None:
    mirrored = sum(flipped(0.25, seed)["semantic"][0, 0] == 3 for seed in range(400))
    assert 70 <= mirrored <= 130  # 100 expected, 3.5 standard deviations either side


def test_top_to_bottom() -> None:
    assert flipped(0.0, 0, vertical=1.0)["semantic"].tolist() == [[4, 5, 6], [1, 2, 3]]
    assert flipped(1.0, 0, vertical=1.0)["instance"].tolist() == [[60, 50, 40], [30, 20, 10]]
    corners = [flipped(0.5, seed, vertical=0.5)["semantic"][0, 0] for seed in range(200)]
    assert all(corners.count(value) > 25 for value in (1, 3, 4, 6))  # 50 expected: each is drawn on its own


def test_a_wrong_probability_is_refused() -> None:
    with pytest.raises(errors.UserError, match="`probability`"):
        flip.Config(1.5)
