"""Warps: image and maps move together, the outside is unknown, numbers are those of scipy."""

import numpy as np
import tensorflow as tf
from scipy import ndimage

from seg_models import dataset, warp

INFO = dataset.DatasetInfo("two", (dataset.Category("a", (0, 0, 0)), dataset.Category("b", (0, 0, 0))), ())


def scene(height: int = 11, width: int = 14) -> dict[str, tf.Tensor]:
    """A random example."""
    random = np.random.default_rng(0)
    return {
        "image": tf.constant(random.uniform(0, 255, (height, width, 3)), tf.float32),
        "semantic": tf.constant(random.integers(0, 2, (height, width)), tf.int32),
        "instance": tf.constant(random.integers(1, 99, (height, width)), tf.int32),
        "key": tf.constant("a key"),
    }


def test_its_own_grid_changes_nothing() -> None:
    before = scene()
    after = warp.example(before, warp.grid(tf.constant([11, 14])), INFO)
    assert set(after) == set(before) and all((after[name] == before[name]).numpy().all() for name in before)


def test_a_shift_brings_the_unknown_in() -> None:
    before = scene()
    after = warp.example(before, warp.grid(tf.constant([11, 14])) + [2.0, -3.0], INFO)
    for name, unknown in (("image", 127.5), ("semantic", 255), ("instance", 0)):
        moved, there = after[name].numpy(), before[name].numpy()
        assert (moved[:9, 3:] == there[2:, :11]).all(), name
        assert (moved[9:] == unknown).all() and (moved[:, :3] == unknown).all(), name


def test_values_are_those_of_scipy() -> None:
    before, random = scene(), np.random.default_rng(1)
    coordinates = random.uniform((0, 0), (10, 13), (7, 9, 2)).astype(np.float32)
    after = warp.example(before, tf.constant(coordinates), INFO)
    places = np.moveaxis(coordinates, -1, 0)
    for channel in range(3):
        expected = ndimage.map_coordinates(before["image"][..., channel].numpy(), places, order=1)
        np.testing.assert_allclose(after["image"][..., channel], expected, atol=1e-3)
    for name in ("semantic", "instance"):
        assert (after[name].numpy() == ndimage.map_coordinates(before[name].numpy(), places, order=0)).all()


def test_a_pixel_ends_half_way_to_the_next() -> None:
    before = scene(2, 2)
    rows = tf.constant([-0.51, -0.5, 0.49, 0.5, 1.49, 1.5])
    after = warp.example(before, tf.stack([rows, tf.ones(6)], axis=-1)[tf.newaxis], INFO)
    first, second = before["instance"].numpy()[:, 1]
    assert after["instance"].numpy().tolist() == [[0, first, first, second, second, 0]]
    assert (after["semantic"][0] == 255).numpy().tolist() == [True, False, False, False, False, True]
    np.testing.assert_allclose(after["image"][0, 1], before["image"][0, 1])
    np.testing.assert_allclose(after["image"][0, 4], before["image"][1, 1])
