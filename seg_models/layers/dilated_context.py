"""The context module: convolutions whose dilation doubles, to see far in few steps (Yu and Koltun, section 3)."""

import keras
import numpy as np
import tensorflow as tf

from seg_models.layers import atrous_convolution

RATES = (1, 1, 2, 4, 8, 16, 1)
NAMES = ("ctx_conv1_1", "ctx_conv1_2", "ctx_conv2_1", "ctx_conv3_1", "ctx_conv4_1", "ctx_conv5_1", "ctx_fc1")
FINAL = "ctx_final"

# Channels of the seven 3x3 convolutions, in multiples of the classes (table 1).
WIDTHS = {"basic": (1, 1, 1, 1, 1, 1, 1), "large": (2, 2, 4, 8, 16, 32, 32)}


def context(scores: tf.Tensor, kind: str, *, noise: float) -> tf.Tensor:
    """Seven 3x3 convolutions with ReLU and one of 1x1: float [B, h, w, C] -> float32 [B, h, w, C].

    At first it hands on what is positive in the scores, and 0 for what is not.

    Args:
      scores: of C classes.
      kind: "basic" or "large".
      noise: see Identity; for "large".
    """
    classes = scores.shape[-1]
    identity = Identity(classes, noise if kind == "large" else 0.0)
    for name, rate, width in zip(NAMES, RATES, WIDTHS[kind]):
        scores = atrous_convolution.AtrousConv2D(
            classes * width,
            3,
            padding="same",
            dilation_rate=rate,
            activation="relu",
            kernel_initializer=identity,
            dtype="float32",
            name=name,
        )(scores)
    final = keras.layers.Conv2D(classes, 1, kernel_initializer=identity, dtype="float32", name=FINAL)
    return final(scores)


@keras.saving.register_keras_serializable(package="segline")
class Identity(keras.initializers.Initializer):
    """Each class is handed on to its own channels alone, in equal shares (equations 4 and 5).

    Of n input and m output channels for every class, an output channel gets 1 / m of the sum of the inputs.

    Args:
      classes: C.
      noise: standard deviation of all other weights, in parts of 1 / m; it tells apart the channels of one class.
    """

    def __init__(self, classes: int, noise: float = 0.0) -> None:
        self.classes = classes
        self.noise = noise

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> tf.Tensor:
        """Float [k, k, n * C, m * C]."""
        side, _, inputs, outputs = shape
        own = np.arange(inputs)[:, None] * self.classes // inputs == np.arange(outputs) * self.classes // outputs
        kernel = np.zeros(shape, np.float32)
        kernel[side // 2, side // 2] = own * self.classes / outputs
        noise = tf.random.normal(shape, stddev=self.noise * self.classes / outputs)
        return tf.cast(tf.where(kernel > 0, kernel, noise), dtype or "float32")

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"classes": self.classes, "noise": self.noise}
