"""LayerScale (Touvron et al., 2021, "Going deeper with image transformers", section 2.2)."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class LayerScale(keras.layers.Layer):
    """A learnt factor a channel, small at first, so that deep residual networks start as almost nothing.

    Args:
      initial: of all factors.
    """

    def __init__(self, initial: float = 1e-6, name: str | None = None) -> None:
        super().__init__(name=name)
        self.initial = initial

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the factors."""
        self.gamma = self.add_weight(
            name="gamma", shape=(input_shape[-1],), initializer=keras.initializers.Constant(self.initial)
        )
        super().build(input_shape)

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Float [..., C] -> the same shape."""
        return features * self.gamma

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"initial": self.initial, "name": self.name}
