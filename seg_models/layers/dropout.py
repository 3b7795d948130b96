"""Dropout whose mask follows from a seed and the step, so that a resumed run drops what it would have dropped."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="segline")
class Dropout(keras.layers.Layer):
    """Sets a share of the inputs to 0 in training and scales the rest up (Srivastava et al. 2014).

    The layer of Keras draws from a generator whose state no checkpoint holds; this one's state is a weight.

    Args:
      rate: share of the inputs that is dropped.
    """

    def __init__(self, rate: float, name: str | None = None) -> None:
        super().__init__(name=name)
        self.rate = rate

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the state: the seed, and the number of training steps so far."""
        self.state = self.add_weight(
            name="state",
            shape=(2,),
            dtype="int32",
            initializer=_first_state,
            trainable=False,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
        super().build(input_shape)

    def call(self, features: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Float, any shape -> the same."""
        if not training or not self.rate:
            return features
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        seed = tf.random.experimental.stateless_fold_in(tf.identity(self.state), replica)
        self.state.assign_add(tf.constant([0, 1]))  # a tensor: replicas cannot agree on a list
        kept = tf.random.stateless_uniform(self.mask_shape(features), seed) >= self.rate
        return tf.where(kept, features / (1 - self.rate), tf.zeros_like(features))

    def mask_shape(self, features: tf.Tensor) -> tf.Tensor:
        """Int32 [rank of the features]: 1 along axes that are dropped or kept as a whole."""
        return tf.shape(features)

    def get_config(self) -> dict[str, object]:
        """The constructor's arguments."""
        return {"rate": self.rate, "name": self.name}


def _first_state(shape: tuple[int, ...], dtype: str | None = None) -> tf.Tensor:
    """A seed from the global generator, which the experiment seeds, and step 0."""
    return tf.stack([tf.random.uniform([], maxval=2**31 - 1, dtype=tf.int32), 0])
