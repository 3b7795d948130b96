"""Self-attention of pixels to a coarser copy of themselves (Wang et al., 2021; SegFormer, section 3.1, equation 2)."""

import keras
import tensorflow as tf

from seg_models import errors

EPSILON = 1e-5  # of the normalisation of the coarser copy, in the authors' release


def efficient_attention(features: tf.Tensor, *, heads: int, reduction: int, name: str) -> tf.Tensor:
    """Every pixel looks at all of the image: float [B, h, w, C] -> float [B, h, w, C], for any h and w.

    Memory grows with h * w * (h / reduction) * (w / reduction) instead of (h * w)^2.

    Args:
      features: normalised.
      heads: that share the channels evenly.
      reduction: side of the patches that become one key and value each; 1: every pixel is its own.
      name: of the block; layers are named `name`.q, .sr, .norm, .kv and .proj, as in the authors' release.
    """
    channels = features.shape[-1]
    query = linear(channels, f"{name}.q")(features)
    if reduction > 1:
        features = PatchReduction(channels, reduction, name=f"{name}.sr")(features)
        features = keras.layers.LayerNormalization(epsilon=EPSILON, name=f"{name}.norm")(features)
    key_value = linear(2 * channels, f"{name}.kv")(features)
    attended = DotProductAttention(heads, name=f"{name}.core")([query, key_value])
    return linear(channels, f"{name}.proj")(attended)


def linear(channels: int, name: str) -> keras.layers.Dense:
    """A transformer's linear layer, float [..., C] -> float [..., channels], its weights drawn as is usual there."""
    return keras.layers.Dense(channels, kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02), name=name)


@keras.saving.register_keras_serializable(package="segline")
class PatchReduction(keras.layers.Conv2D):
    """A convolution that takes the image patch by patch.

    As in the authors' release, pixels beyond the last whole patch are left out. An image smaller than one patch is
    filled up with zeros.

    Args:
      filters: channels of the result.
      patch: side of the patches.
    """

    def __init__(self, filters: int, patch: int, name: str | None = None) -> None:
        initializer = keras.initializers.VarianceScaling(2.0, mode="fan_out", distribution="untruncated_normal")
        super().__init__(filters, patch, strides=patch, kernel_initializer=initializer, name=name)
        self.patch = patch

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Float [B, H, W, C], float [patch, patch, C, N] -> float [B, max(H // patch, 1), max(W // patch, 1), N]."""
        missing = tf.maximum(self.patch - tf.shape(inputs)[1:3], 0)
        channels = inputs.shape[-1]
        inputs = tf.pad(inputs, [[0, 0], [0, missing[0]], [0, missing[1]], [0, 0]])
        return super().convolution_op(tf.ensure_shape(inputs, [None, None, None, channels]), kernel)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[B, H, W, C] -> [B, max(H // patch, 1), max(W // patch, 1), N]."""
        sides = (None if side is None else max(side // self.patch, 1) for side in input_shape[1:3])
        return input_shape[0], *sides, self.filters

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"filters": self.filters, "patch": self.patch, "name": self.name}


@keras.saving.register_keras_serializable(package="segline")
class DotProductAttention(keras.layers.Layer):
    """softmax(Q K^T / sqrt(d)) V in each of several heads of d channels (Vaswani et al., 2017, section 3.2).

    Args:
      heads: that share the channels evenly.
    """

    def __init__(self, heads: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.heads = heads

    def build(self, input_shape: tuple[tuple[int | None, ...], ...]) -> None:
        """Refuses channels that the heads cannot share."""
        if input_shape[0][-1] % self.heads:
            raise errors.UserError(f"`heads` is {self.heads}; expected a divisor of {input_shape[0][-1]} channels.")
        super().build(input_shape)

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """(queries float [B, H, W, C], keys and then values float [B, h, w, 2 C]) -> float [B, H, W, C]."""
        query, key_value = inputs
        channels = query.shape[-1]
        depth = channels // self.heads
        count = tf.shape(query)[0]
        # The queries are scaled, not the scores, which are many more.
        queries = tf.reshape(query * depth**-0.5, [count, -1, self.heads, depth])
        keys, values = tf.unstack(tf.reshape(key_value, [count, -1, 2, self.heads, depth]), axis=2)
        scores = tf.einsum("bnhd,bmhd->bhnm", queries, keys)
        attended = tf.einsum("bhnm,bmhd->bnhd", tf.nn.softmax(scores), values)
        return tf.ensure_shape(tf.reshape(attended, tf.shape(query)), query.shape)

    def compute_output_shape(self, input_shape: tuple[tuple[int | None, ...], ...]) -> tuple[int | None, ...]:
        """That of the queries."""
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"heads": self.heads, "name": self.name}
