"""Steps of the optimizers as torch takes them: momentum, moments, decoupled weight decay, clipping."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from seg_models import config as settings
from seg_models import registry
from seg_models.optimizers import adamw, sgd
from seg_models.schedules import constant
from tests.peers import arrays

torch = pytest.importorskip("torch")

RATE, STEPS = 0.05, 20
START, TARGET = arrays.normal(5, 3), arrays.normal(5, 3, seed=1)


def ours(config: Any, **train: float) -> np.ndarray:
    """Where the steps lead on the bowl sum((weights - TARGET)^4)."""
    told = settings.Train(steps=STEPS, optimizer=config, schedule=constant.Config(), **train)
    schedule = constant.build(constant.Config(), learning_rate=RATE, steps=STEPS, warmup_steps=0)
    optimizer = registry.module_of(config).build(config, schedule=schedule, train=told)
    weights = tf.Variable(START)
    for _ in range(STEPS):
        optimizer.apply_gradients([(4 * (weights - TARGET) ** 3, weights)])
    return weights.numpy()


def theirs(optimizer: type, clip_norm: float | None = None, **options: Any) -> np.ndarray:
    """The same by torch."""
    weights = torch.nn.Parameter(torch.tensor(START))
    stepper = optimizer([weights], lr=RATE, **options)
    for _ in range(STEPS):
        weights.grad = (4 * (weights - torch.tensor(TARGET)) ** 3).detach()
        if clip_norm:
            torch.nn.utils.clip_grad_norm_([weights], clip_norm)
        stepper.step()
    return weights.detach().numpy()


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_adamw(weight_decay: float) -> None:
    """But for where epsilon, 1e-8, is added: Keras adds it before the square root's bias is corrected, torch after."""
    expected = theirs(torch.optim.AdamW, weight_decay=weight_decay)
    arrays.assert_equal(f"AdamW, decay {weight_decay}", ours(adamw.Config(), weight_decay=weight_decay), expected)


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_with_clipped_gradients(nesterov: bool) -> None:
    """Without weight decay, which torch adds to the gradient and ours does not."""
    expected = theirs(torch.optim.SGD, 1.0, momentum=0.9, nesterov=nesterov)
    found = ours(sgd.Config(nesterov=nesterov), clip_norm=1.0)
    arrays.assert_equal(f"SGD, Nesterov {nesterov}", found, expected)
