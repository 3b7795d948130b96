"""Which weights decay: kernels alone; biases, normalisation and embeddings do not."""

import keras
import tensorflow as tf

from seg_models import per_weight


def on_kernels(optimizer: per_weight.PerWeight, model: keras.Model) -> None:
    """Exempts all weights of a built `model` but its kernels from the decay; call it before the first step."""
    optimizer.decay_only(variable for variable in model.trainable_variables if is_kernel(variable))


def is_kernel(variable: tf.Variable) -> bool:
    """Whether the variable is called ...kernel: depthwise, pointwise and transposed convolutions' too."""
    return variable.name.split("/")[-1].split(":")[0].endswith("kernel")
