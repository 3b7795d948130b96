"""Piecewise linear sigmoid and swish (MobileNetV3, section 5.2). Keras' own "hard_sigmoid" differs between versions."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class HardSigmoid(keras.layers.Layer):
    """relu6(x + 3) / 6."""

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Float, any shape -> the same, 0..1."""
        return tf.nn.relu6(features + 3.0) / 6.0


@keras.saving.register_keras_serializable(package="segline")
class HardSwish(keras.layers.Layer):
    """x * relu6(x + 3) / 6."""

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Float, any shape -> the same."""
        return features * tf.nn.relu6(features + 3.0) / 6.0
