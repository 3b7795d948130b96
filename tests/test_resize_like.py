"""Features resized to the size of others."""

import numpy as np
import tensorflow as tf

from seg_models.layers import resize_like


def test_bilinear_with_half_pixel_centres() -> None:
    features = tf.constant([0.0, 4.0])[None, None, :, None]
    resized = resize_like.ResizeLike()([features, tf.zeros((1, 1, 4, 7))])
    np.testing.assert_allclose(resized[0, 0, :, 0], [0, 1, 3, 4])


def test_one_pixel_is_spread_evenly_and_keeps_its_type() -> None:
    layer = resize_like.ResizeLike(dtype="bfloat16")
    resized = layer([tf.constant(3.0, shape=(2, 1, 1, 5)), tf.zeros((2, 4, 6, 1))])
    assert resized.shape == (2, 4, 6, 5) and resized.dtype == tf.bfloat16
    assert np.all(tf.cast(resized, tf.float32) == 3)
