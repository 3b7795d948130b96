"""Factors by path: the first pattern counts, 0 freezes layers, and what fits nothing is named."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import config, errors, learning_rates, weight_paths
from seg_models.optimizers import sgd
from seg_models.schedules import polynomial
from tests import tiny_models


def test_the_first_pattern_that_fits_counts() -> None:
    network = tiny_models.build("deeplab_v3_plus", "batch")
    found = learning_rates.factors(network, (("*/bias", 2.0), ("backbone/*", 0.1), ("head/semantic/*", 10.0)))
    assert set(found) == {
        path for path, weight in weight_paths.named(network).items() if weight.trainable
    } and not any("moving" in path for path in found)
    for path, factor in found.items():
        expected = 2.0 if path.endswith("/bias") else 0.1 if path.startswith("backbone/") else 1.0
        assert factor == (10.0 if path == "head/semantic/kernel" else expected), path
    assert {0.1, 1.0, 2.0, 10.0} == set(found.values())


@pytest.mark.parametrize("pattern", ["head/semantik/kernel", "*/moving_mean", "encoder/*"])
def test_a_pattern_that_fits_nothing_is_named_with_what_is_near(pattern: str) -> None:
    network = tiny_models.build("unet", "batch")
    with pytest.raises(errors.UserError, match="fits none of the") as raised:
        learning_rates.factors(network, (("*/kernel", 0.5), (pattern, 0.1)))
    assert f"`{pattern}`" in str(raised.value)
    if "semantik" in pattern:
        assert "There are head/semantic/kernel" in str(raised.value)


def test_factor_0_takes_layers_out_of_training_with_their_statistics() -> None:
    network = tiny_models.build("deeplab_v3_plus", "batch")
    learning_rates.freeze(network, learning_rates.factors(network, (("backbone/*", 0.0),)))
    named = weight_paths.named(network)
    learning = {path for path, weight in named.items() if any(weight is each for each in network.trainable_variables)}
    assert learning and not any(path.startswith("backbone/") for path in learning)
    before = {path: weight.numpy() for path, weight in named.items()}
    network(tf.random.stateless_uniform((2, 16, 16, 3), (1, 2)) * 255, training=True)
    moved = {path for path, weight in named.items() if not np.array_equal(before[path], weight)}
    assert moved and all(path.startswith("head/") and "moving" in path for path in moved)


def test_half_a_layer_is_not_frozen() -> None:
    network = tiny_models.build("unet", "batch")
    with pytest.raises(errors.UserError, match="head/semantic/bias the factor 0 but not head/semantic/kernel"):
        learning_rates.freeze(network, learning_rates.factors(network, (("head/semantic/bias", 0.0),)))
    with pytest.raises(errors.UserError, match="nothing would learn"):
        learning_rates.freeze(network, learning_rates.factors(network, (("*", 0.0),)))


def test_factors_reach_the_optimizer() -> None:
    """With gradients of 1, a step of SGD without momentum is the learning rate."""
    network = tiny_models.build("unet", "batch")
    factors = learning_rates.factors(network, (("head/semantic/kernel", 10.0), ("*/bias", 2.0)))
    settings = config.Train(steps=10, optimizer=sgd.Config(momentum=0.0), schedule=polynomial.Config())
    schedule = polynomial.build(polynomial.Config(), learning_rate=0.5, steps=10, warmup_steps=0)
    optimizer = sgd.build(settings.optimizer, schedule=schedule, train=settings)
    learning_rates.scale(optimizer, network, factors)
    weights, named = network.network.trainable_weights, weight_paths.named(network)
    before = {path: named[path].numpy() for path in factors}
    optimizer.apply_gradients([(tf.ones(weight.shape), weight) for weight in weights])
    for path, factor in factors.items():
        np.testing.assert_allclose(before[path] - named[path].numpy(), 0.5 * factor, rtol=1e-4, err_msg=path)


def test_a_negative_factor_is_refused() -> None:
    with pytest.raises(errors.UserError, match="learning_rate_factors.*-1"):
        config.Train(
            steps=1, optimizer=sgd.Config(), schedule=polynomial.Config(), learning_rate_factors=(("*", -1.0),)
        )
