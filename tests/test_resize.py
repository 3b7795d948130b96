"""Resizing: image and maps stay aligned, ids are never mixed, shrinking averages."""

import numpy as np
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
