"""The exponential moving average of a model's weights, which is what is evaluated and exported."""

import contextlib
from collections.abc import Iterator

import keras
import tensorflow as tf


class Average(tf.Module):
    """Averages every float weight, moving statistics included, so that the average is a model of its own.

    Args:
      network: its weights are followed; build it under the strategy's scope.
      decay: of the old average in each step; smaller in the first steps: (1 + step) / (10 + step), so that the random
        weights of the start are soon forgotten.
    """

    def __init__(self, network: keras.Model, decay: float) -> None:
        super().__init__(name="average")
        self._decay = decay
        self._weights = [weight for weight in network.variables if weight.dtype.is_floating]
        self.values = [tf.Variable(weight, trainable=False, name="average") for weight in self._weights]

    @tf.function(reduce_retracing=True)
    def update(self, step: tf.Tensor) -> None:
        """Takes the weights after `step`, a float32 scalar, into the average."""
        decay = tf.minimum(self._decay, (1 + step) / (10 + step))
        for value, weight in zip(self.values, self._weights):
            # As a difference, so that a weight that stays as it is is its own average, to the bit.
            value.assign_sub((1 - decay) * (value - weight))

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Within this, the network has the averaged weights."""
        kept = [tf.identity(weight) for weight in self._weights]
        self._assign(self.values)
        try:
            yield
        finally:
            self._assign(kept)

    def _assign(self, values: list[tf.Tensor]) -> None:
        for weight, value in zip(self._weights, values):
            weight.assign(value)
