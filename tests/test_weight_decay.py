"""Kernels decay, and nothing else."""

import keras
import numpy as np
import pytest

from seg_models import config, registry, weight_decay
from seg_models.schedules import polynomial


def network() -> keras.Model:
    """Every kind of weight that the models have, all of them 2."""
    image = keras.Input([8, 8, 3])
    features = keras.layers.SeparableConv2D(4, 3, name="separable")(image)
    features = keras.layers.BatchNormalization(name="batch")(features)
    features = keras.layers.DepthwiseConv2D(3, name="depthwise")(features)
    features = keras.layers.GroupNormalization(2, name="kernel_group")(features)
    features = keras.layers.Conv2DTranspose(2, 2, name="transposed")(features)
    features = keras.layers.Dense(1, name="kernel")(features)
    model = keras.Model(image, features)
    model.set_weights([np.full_like(weights, 2) for weights in model.get_weights()])
    return model


@pytest.mark.parametrize("name", registry.available("seg_models.optimizers"))
def test_kernels_decay_and_nothing_else(name: str) -> None:
    module = registry.find("seg_models.optimizers", name)
    settings = config.Train(steps=10, optimizer=module.Config(), schedule=polynomial.Config(), weight_decay=0.5)
    schedule = polynomial.build(polynomial.Config(), learning_rate=0.1, steps=10, warmup_steps=0)
    optimizer, model = module.build(module.Config(), schedule=schedule, train=settings), network()
    weight_decay.on_kernels(optimizer, model)
    optimizer.apply_gradients([(np.zeros(weights.shape, np.float32), weights) for weights in model.trainable_variables])
    decayed = {id(weights) for weights in model.trainable_variables if np.allclose(weights, 2 * (1 - 0.1 * 0.5))}
    kept = {id(weights) for weights in model.trainable_variables if np.allclose(weights, 2)}
    layer = model.get_layer
    expected = [
        layer("separable").depthwise_kernel, layer("separable").pointwise_kernel, layer("depthwise").depthwise_kernel,
        layer("transposed").kernel, layer("kernel").kernel,
    ]  # fmt: skip
    assert decayed == {id(weights) for weights in expected}
    assert len(kept) == len(model.trainable_variables) - 5 == 8
