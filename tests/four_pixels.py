"""One image of four pixels of two classes, for losses that can be computed in the head."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from seg_models import dataset, registry

INFO = dataset.DatasetInfo("two", (dataset.Category("rest", (0, 0, 0)), dataset.Category("crack", (9, 9, 9))), ())
# Probability of the second class, and truth: 1.1 is predicted, 0.7 of it right; 2.9 and 2.1 of the first class.
SECOND = (0.5, 0.2, 0.1, 0.3)
TRUTH = (1, 1, 0, 0)


def cost(
    config: Any,
    truth: Sequence[int] = TRUTH,
    second: Sequence[float] = SECOND,
    weight: Sequence[float] = (1.0, 1.0, 1.0, 1.0),
) -> float:
    """The loss of an image of 1 x 4 pixels with these probabilities of the second class."""
    probabilities = np.array(second, np.float64)
    logits = np.log(np.stack([1 - probabilities, probabilities], axis=-1))[None, None]
    batch = {"semantic": tf.constant(truth, tf.int32)[None, None]}
    factors = tf.constant(weight, tf.float64)[None, None]
    return float(registry.module_of(config).loss(config, INFO, batch, tf.constant(logits), factors))
