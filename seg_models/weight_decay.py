"""Which weights decay: kernels alone; biases, normalisation and embeddings do not."""

import keras
import tensorflow as tf


def on_kernels(optimizer: keras.optimizers.Optimizer, model: keras.Model) -> None:
    """Exempts all weights of a built `model` but its kernels from the decay; call it before the first step."""
    optimizer.exclude_from_weight_decay(
        var_list=[variable for variable in model.trainable_variables if not is_kernel(variable)]
    )


def is_kernel(variable: tf.Variable) -> bool:
    """Whether the variable is called ...kernel: depthwise, pointwise and transposed convolutions' too."""
    return variable.name.split("/")[-1].split(":")[0].endswith("kernel")
