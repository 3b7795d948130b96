"""Optimizers that treat each weight in its own way: its learning rate, and whether it decays."""

import contextlib
from collections.abc import Hashable, Iterable, Iterator

import keras
import tensorflow as tf


class PerWeight(keras.optimizers.Optimizer):
    """To be put in front of one of Keras's optimizers: `class Sgd(per_weight.PerWeight, keras.optimizers.SGD)`.

    A weight's factor multiplies the learning rate everywhere, so that with factor 0.1 a weight takes the very steps
    that it would take at a tenth of the learning rate. The weight decay is decoupled (Loshchilov and Hutter 2019):
    learning_rate * factor * decay * weight comes off before the step. Keras's own decay is to be left off: it knows
    one learning rate.

    Keras 3 hands `update_step` the learning rate, which then is what to multiply.
    """

    _decay = 0.0
    _factor = 1.0

    def decay_by(self, decay: float) -> None:
        """Makes the weights decay, all of them until `decay_only` is called."""
        self._decay = decay

    def decay_only(self, weights: Iterable[tf.Variable]) -> None:
        """Exempts all other weights from the decay; call it before the first step."""
        # Here and below a function, because a set or dictionary of the optimizer would go into its checkpoints.
        self._decays = frozenset(reference for weight in weights for reference in _references(weight)).__contains__

    def scale(self, factors: Iterable[tuple[tf.Variable, float]]) -> None:
        """Gives weights their factors, where these are not 1; call it before the first step."""
        known = {reference: factor for weight, factor in factors for reference in _references(weight)}

        def factor_of(reference: Hashable) -> float:
            return known.get(reference, 1.0)

        self._factor_of = factor_of

    @property
    def learning_rate(self) -> tf.Tensor:
        """The learning rate; within `update_step`, that of the weight."""
        rate = super().learning_rate
        return rate if self._factor == 1 else rate * self._factor

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable) -> None:
        """Keras calls this for each weight and, where replicas hold a copy each, for each copy."""
        reference = variable.ref()
        with self._scaled(self._factor_of(reference)):
            if self._decay and self._decays(reference):
                rate = tf.cast(self.learning_rate, variable.dtype)
                variable.assign_sub(variable * tf.cast(self._decay, variable.dtype) * rate)
            super().update_step(gradient, variable)

    def _decays(self, reference: Hashable) -> bool:
        return True

    def _factor_of(self, reference: Hashable) -> float:
        return 1.0

    @contextlib.contextmanager
    def _scaled(self, factor: float) -> Iterator[None]:
        self._factor = factor
        try:
            yield
        finally:
            self._factor = 1.0


def _references(weight: tf.Variable) -> list[Hashable]:
    """What tells a weight from others: its own reference, and those of its copies on the replicas."""
    return [copy.ref() for copy in (weight, *tf.distribute.get_strategy().experimental_local_results(weight))]
