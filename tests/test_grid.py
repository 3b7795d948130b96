"""Grid: the border stays, places move on in order and by as much as asked."""

import numpy as np
import tensorflow as tf

from seg_models import dataset, warp
from seg_models.augment import grid

INFO = dataset.DatasetInfo("none", (dataset.Category("a", (0, 0, 0)),), ())


def places(config: grid.Config, seed: int, size: tuple[int, int] = (60, 90)) -> np.ndarray:
    """Float32 [H, W, 2]: where each pixel comes from."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    image = tf.constant(np.stack([rows, columns, rows], axis=-1), tf.float32)
    maps = tf.zeros(size, tf.int32)
    example = {"image": image, "semantic": maps, "instance": maps}
    return grid.apply(config, example, seed=tf.constant([0, seed]), info=INFO)["image"].numpy()[..., :2]


def test_rows_stay_rows_and_the_border_stays() -> None:
    for seed in range(10):
        found = places(grid.Config(probability=1), seed)
        np.testing.assert_allclose(found[..., 0], found[:, :1, 0].repeat(90, axis=1), atol=1e-4)
        np.testing.assert_allclose(found[..., 1], found[:1, :, 1].repeat(60, axis=0), atol=1e-4)
        rows, columns = found[:, 0, 0], found[0, :, 1]
        assert (np.diff(rows) >= 0).all() and (np.diff(columns) >= 0).all()
        assert rows[0] < 0.5 and rows[-1] > 58.5 and columns[0] < 0.5 and columns[-1] > 88.5


def test_each_cell_is_stretched_evenly() -> None:
    steps = np.diff(places(grid.Config(cells=3, limit=0.3, probability=1), 1)[:, 0, 0])
    for cell in range(3):
        inside = steps[20 * cell + 1 : 20 * cell + 18]
        assert np.ptp(inside) < 1e-3 and 0.7 / 1.3 <= inside[0] <= 1.3 / 0.7
    assert np.ptp(steps[[10, 30, 50]]) > 0.05


def test_no_limit_no_change() -> None:
    np.testing.assert_allclose(places(grid.Config(limit=0, probability=1), 0)[..., 0], np.mgrid[:60, :90][0], atol=1e-4)
    assert places(grid.Config(probability=1), 0, (1, 1)).shape == (1, 1, 2)


def test_the_same_as_a_warp() -> None:
    random = np.random.default_rng(0)
    semantic = tf.constant(random.integers(0, 9, [30, 40]), tf.int32)
    image = tf.constant(random.uniform(0, 255, [30, 40, 3]), tf.float32)
    config, seed = grid.Config(probability=1), tf.constant([0, 4])
    example = {"image": image, "semantic": semantic, "instance": semantic}
    result = grid.apply(config, example, seed=seed, info=INFO)
    expected = warp.example(example, tf.constant(places(config, 4, (30, 40))), INFO)
    np.testing.assert_allclose(result["image"], expected["image"], atol=0.02)
    assert (result["semantic"].numpy() == expected["semantic"].numpy()).mean() > 0.999
