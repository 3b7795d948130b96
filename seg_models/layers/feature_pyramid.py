"""The feature pyramid network (Lin et al., 2017): strong features at every level, from the deepest down."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from seg_models.layers import normalization


def feature_pyramid(
    levels: Mapping[str, tf.Tensor], norm: normalization.Norm, *, channels: int = 256, coarser: int = 0
) -> dict[str, tf.Tensor]:
    """The pyramid's levels, finest first: {level: float [B, h, w, channels]}, h and w as in `levels`.

    Args:
      levels: of the backbone, those that the pyramid is to have: {level: float [B, h, w, C]}, none left out between
        the finest and the deepest. Sizes may be odd, and levels of a dilated backbone may have the same size.
      norm: of every convolution; "none" in the paper.
      channels: of every level.
      coarser: further levels above the deepest, each every second pixel of the one before (Lin et al., section 4.1:
        one, "6", for region proposals).
    """
    names = sorted(levels, key=int)
    features, pyramid = None, {}
    for level in reversed(names):
        lateral = _convolution(levels[level], channels, 1, norm, name=f"fpn_lateral{level}")
        features = lateral if features is None else TopDown(name=f"fpn_top_down{level}")([features, lateral])
        pyramid[level] = _convolution(features, channels, 3, norm, name=f"fpn_output{level}")
    pyramid = {level: pyramid[level] for level in names}
    deepest = int(names[-1])
    for level in range(deepest + 1, deepest + 1 + coarser):
        every_second = keras.layers.MaxPooling2D(1, strides=2, name=f"fpn_output{level}")
        pyramid[str(level)] = every_second(pyramid[str(level - 1)])
    return pyramid


@keras.saving.register_keras_serializable(package="segline")
class TopDown(keras.layers.Layer):
    """Coarse features, each pixel repeated over those that it stands for, added to finer ones (Figure 3)."""

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """(float [B, h, w, C], float [B, H, W, C]) -> float [B, H, W, C]; h = ceil(H / s), w = ceil(W / s), s 1 or 2.

        Sizes do not tell a larger s: 9 pixels become 3 where it is 3, and where it is 4.
        """
        coarse, fine = inputs
        small, size = tf.shape(coarse)[1:3], tf.shape(fine)[1:3]
        # A whole factor, then a cut: an odd side would otherwise be stretched, and its pixels moved.
        repeated = tf.image.resize(coarse, small * -(-size // small), method="nearest")
        return fine + repeated[:, : size[0], : size[1]]


def _convolution(features: tf.Tensor, channels: int, size: int, norm: normalization.Norm, *, name: str) -> tf.Tensor:
    """Convolution and normalisation without ReLU: float [B, h, w, C] -> float [B, h, w, channels]."""
    convolution = keras.layers.Conv2D(
        channels, size, padding="same", use_bias=norm.use_bias, kernel_initializer="lecun_uniform", name=name
    )
    return norm.layer(f"{name}_norm")(convolution(features))
