"""Cutout: the size of a square, where it may lie, what the maps say below it."""

import numpy as np
import tensorflow as tf

from seg_models import dataset
from seg_models.augment import cutout

INFO = dataset.DatasetInfo("none", (dataset.Category("a", (0, 0, 0)),), ())


def cut(config: cutout.Config, seed: int) -> dict[str, np.ndarray]:
    maps = tf.ones([32, 48], tf.int32)
    example = {"image": tf.fill([32, 48, 3], 200.0), "semantic": maps * 0, "instance": maps}
    result = cutout.apply(config, example, seed=tf.constant([0, seed]), info=INFO)
    return {name: value.numpy() for name, value in result.items()}


def test_one_square_of_which_a_part_may_lie_outside() -> None:
    areas, rows, columns = [], set(), set()
    for seed in range(200):
        result = cut(cutout.Config(), seed)
        covered = result["image"][..., 0] == 127.5
        height, width = covered.any(axis=1).sum(), covered.any(axis=0).sum()
        assert covered.sum() == height * width and max(height, width) <= 8
        assert (result["semantic"] == np.where(covered, 255, 0)).all()
        assert (result["instance"] == np.where(covered, 0, 1)).all()
        areas.append(covered.sum())
        rows |= set(np.nonzero(covered)[0])
        columns |= set(np.nonzero(covered)[1])
    assert max(areas) == 64 and min(areas) < 40
    assert rows == set(range(32)) and columns == set(range(48))
    # The centre is uniform, so the part that lies inside has this mean.
    assert abs(np.mean(areas) - 64 * (1 - 8 / 4 / 32) * (1 - 8 / 4 / 48)) < 3


def test_truth_may_be_kept() -> None:
    result = cut(cutout.Config(truth_below="kept"), 0)
    assert (result["image"] == 127.5).any() and (result["semantic"] == 0).all() and (result["instance"] == 1).all()


def test_several_squares() -> None:
    most = max((cut(cutout.Config(squares=3), seed)["semantic"] == 255).sum() for seed in range(20))
    assert 150 < most <= 192
