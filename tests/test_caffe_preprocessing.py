"""Caffe's colours equal those of keras.applications."""

import keras
import numpy as np
import tensorflow as tf

from seg_models.layers import caffe_preprocessing


def test_equals_keras_applications() -> None:
    image = np.random.default_rng(0).uniform(0, 255, (2, 3, 4, 3)).astype(np.float32)
    expected = keras.applications.resnet50.preprocess_input(image.copy())
    np.testing.assert_allclose(caffe_preprocessing.CaffePreprocessing()(image), expected, atol=1e-4)


def test_stays_float32_under_mixed_precision() -> None:
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        prepared = caffe_preprocessing.CaffePreprocessing()(tf.constant([[[[255.0, 254.6, 1.0]]]]))
    finally:
        keras.mixed_precision.set_global_policy(before)
    np.testing.assert_allclose(prepared[0, 0, 0], [1 - 103.939, 254.6 - 116.779, 255 - 123.68], atol=1e-4)
