"""Rotation: the right way round, by angles of the whole range, as often as asked."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.augment import rotation

INFO = dataset.DatasetInfo("none", (dataset.Category("a", (0, 0, 0)),), ())


def turned(config: rotation.Config, seed: int, semantic: np.ndarray) -> dict[str, np.ndarray]:
    image = np.repeat(semantic[..., None], 3, axis=2).astype(np.float32)
    example = {"image": image, "semantic": semantic, "instance": semantic}
    example = {name: tf.constant(value) for name, value in example.items()}
    result = rotation.apply(config, example, seed=tf.constant([0, seed]), info=INFO)
    return {name: value.numpy() for name, value in result.items()}


def test_angles_fill_the_range() -> None:
    semantic = np.zeros([61, 61], np.int32)
    semantic[29:32, 49:52] = 1
    angles = []
    for seed in range(40):
        result = turned(rotation.Config(degrees=40, probability=1), seed, semantic)["semantic"]
        row, column = np.argwhere(result == 1).mean(axis=0)
        angles.append(np.degrees(np.arctan2(row - 30, column - 30)))
    assert -42 < min(angles) < -30 and 30 < max(angles) < 42


def test_what_comes_in_is_grey_and_void() -> None:
    result = turned(rotation.Config(degrees=45, probability=1), 3, np.zeros([40, 40], np.int32))
    corners = result["semantic"][[0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == 255).all() and (result["image"][0, 0] == 127.5).all() and (result["instance"] == 0).all()
    assert (result["semantic"][10:30, 10:30] == 0).all()


def test_the_fraction_is_the_probability() -> None:
    semantic = np.arange(64, dtype=np.int32).reshape(8, 8)
    config = rotation.Config(degrees=90, probability=0.25)
    changed = sum((turned(config, seed, semantic)["semantic"] != semantic).any() for seed in range(200))
    assert 28 <= changed <= 72  # 50 expected, 3.5 standard deviations either side


@pytest.mark.parametrize("degrees", [-1.0, 181.0])
def test_a_wrong_angle_is_refused(degrees: float) -> None:
    with pytest.raises(errors.UserError, match="`degrees`"):
        rotation.Config(degrees)
