"""Cropping."""

import numpy as np
import tensorflow as tf

from seg_models.layers import cropping


def test_crops_from_the_offset_to_the_size_of_the_other() -> None:
    features = tf.reshape(tf.range(2 * 6 * 7), (2, 6, 7, 1))
    found = cropping.Crop(2)([features, tf.zeros((2, 3, 4, 5))])
    np.testing.assert_array_equal(found, features.numpy()[:, 2:5, 2:6])
