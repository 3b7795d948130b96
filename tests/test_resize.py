"""Resizing: image and maps stay aligned, ids are never mixed, shrinking averages."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import resize


def test_ids_are_picked_not_mixed() -> None:
    ids = tf.constant([[7, 7, 9, 9], [7, 7, 9, 9]])
    assert resize.nearest(ids, (1, 2)).numpy().tolist() == [[7, 9]]
    assert resize.nearest(ids, (4, 4)).numpy().tolist() == [[7, 7, 9, 9]] * 4
    assert resize.nearest(tf.constant([[70000, 3]]), (1, 4)).numpy().tolist() == [[70000, 70000, 3, 3]]


def test_enlarging_is_bilinear_at_pixel_centres() -> None:
    row = tf.constant([0.0, 100.0])[tf.newaxis, :, tf.newaxis] * tf.ones([1, 1, 3])
    np.testing.assert_allclose(resize.image(row, (1, 4))[0, :, 1], [0, 25, 75, 100], atol=1e-3)


def test_shrinking_averages_instead_of_dropping_pixels() -> None:
    stripes = tf.constant(np.tile([0.0, 200.0], 32).astype(np.float32))[tf.newaxis, :, tf.newaxis] * tf.ones([8, 1, 3])
    shrunk = resize.image(stripes, (2, 16)).numpy()
    np.testing.assert_allclose(shrunk[:, 1:-1], 100, atol=2)


def test_an_example_and_what_is_no_map() -> None:
    image = tf.cast(tf.random.stateless_uniform([6, 8, 3], [0, 1], 0, 255, tf.int32), tf.float32)
    maps = tf.ones([6, 8], tf.int32)
    result = resize.example({"image": image, "semantic": maps, "instance": maps, "key": tf.constant("a")}, (3, 4))
    assert result["image"].shape == (3, 4, 3)
    assert result["semantic"].shape == result["instance"].shape == (3, 4)
    assert result["key"] == b"a"


@pytest.mark.parametrize("size", [(10, 15), (37, 60), (1, 1), (7, 100), (90, 20)])
def test_shrinking_is_that_of_tensorflow(size: tuple[int, int]) -> None:
    pixels = tf.random.stateless_uniform([2, 37, 61, 3], [0, 1], 0, 256, tf.int32)
    expected = tf.image.resize(pixels, size, antialias=True)
    np.testing.assert_allclose(resize.image(tf.cast(pixels, tf.uint8), size), expected, atol=1e-3)
    np.testing.assert_allclose(resize.image(tf.cast(pixels[1], tf.float32), tf.constant(size)), expected[1], atol=1e-3)


@pytest.mark.parametrize("size", [(10, 15), (37, 61), (80, 20), (100, 200)])
@pytest.mark.parametrize("dtype", [tf.uint8, tf.uint16, tf.int32])
def test_nearest_is_that_of_tensorflow(dtype: tf.DType, size: tuple[int, int]) -> None:
    ids = tf.cast(tf.random.stateless_uniform([2, 37, 61], [0, 1], 0, 256, tf.int32), dtype)
    expected = tf.image.resize(ids[..., None], size, method="nearest")[..., 0]
    result = resize.nearest(ids, size)
    assert result.dtype == dtype and (result.numpy() == expected.numpy()).all()
    assert (resize.nearest(ids[0], tf.constant(size)).numpy() == expected[0].numpy()).all()


def seen(own: tuple[int, int], resized: tuple[int, int], offset: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """Where in the example each pixel of a window comes from, float32 [*size, 2]; -1 outside."""
    window = resize.window(tf.constant(own), tf.constant(resized), tf.constant(offset), size)
    places = np.stack(np.mgrid[: own[0], : own[1]], axis=-1).astype(np.float32)
    part = tf.image.resize(resize.cut(tf.constant(places), window), window.seen)
    return resize.framed(part, window, -1.0).numpy()


@pytest.mark.parametrize("resized", [(30, 40), (45, 60), (22, 31), (60, 79)])
def test_a_window_is_that_of_the_whole_within_half_a_pixel(resized: tuple[int, int]) -> None:
    own, size = (30, 40), (12, 16)
    places = tf.constant(np.stack(np.mgrid[:30, :40], axis=-1).astype(np.float32))
    whole = tf.image.resize(places, resized).numpy()
    for offset in [(0, 0), (5, 7), (10, 13), (resized[0] - 12, resized[1] - 16)]:
        part = whole[offset[0] : offset[0] + 12, offset[1] : offset[1] + 16]
        # Half a pixel for the start, half for the extent.
        assert np.abs(seen(own, resized, offset, size) - part).max() <= (0.0 if resized == own else 1.0)


def test_a_window_that_reaches_outside() -> None:
    result = seen((4, 6), (8, 12), (-3, 4), (16, 4))
    assert (result[:3] == -1).all() and (result[11:] == -1).all()
    whole = tf.image.resize(tf.constant(np.stack(np.mgrid[:4, :6], axis=-1).astype(np.float32)), (8, 12)).numpy()
    assert np.abs(result[3:11] - whole[:, 4:8]).max() <= 0.25  # at its edges the window knows no neighbours
