"""Convolution, normalisation, ReLU: the brick of decoders and heads, dense and separable."""

import keras
import tensorflow as tf

from seg_models.layers import atrous_convolution, normalization


def block(
    features: tf.Tensor, filters: int, norm: normalization.Norm, *, kernel_size: int = 3, rate: int = 1
) -> tf.Tensor:
    """Dense convolution, normalisation, ReLU: float [B, H, W, C] -> float [B, H, W, filters]."""
    convolution = atrous_convolution.AtrousConv2D(
        filters,
        kernel_size,
        padding="same",
        dilation_rate=rate,
        use_bias=norm.use_bias,
        kernel_initializer="he_normal",
    )
    return keras.layers.ReLU()(norm.layer()(convolution(features)))


def separable(
    features: tf.Tensor, filters: int, norm: normalization.Norm, *, kernel_size: int = 3, rate: int = 1
) -> tf.Tensor:
    """Depthwise, then 1x1 convolution, each with normalisation and ReLU: float [B, H, W, C] -> [B, H, W, filters]."""
    depthwise = keras.layers.DepthwiseConv2D(
        kernel_size,
        padding="same",
        dilation_rate=rate,
        use_bias=norm.use_bias,
        # Keras counts all channels as fan-in, but each output sees one.
        depthwise_initializer=keras.initializers.RandomNormal(stddev=(2 / kernel_size**2) ** 0.5),
    )
    features = keras.layers.ReLU()(norm.layer()(depthwise(features)))
    return block(features, filters, norm, kernel_size=1)


def scores(features: tf.Tensor, channels: int, name: str) -> tf.Tensor:
    """The last 1x1 convolution, float [B, H, W, C] -> float32 [B, H, W, channels] whatever the precision policy."""
    initializer = keras.initializers.RandomNormal(stddev=0.01)
    return keras.layers.Conv2D(channels, 1, kernel_initializer=initializer, dtype="float32", name=name)(features)
