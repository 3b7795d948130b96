"""Losses of two replicas against one device: `python -m tests.mirrored_losses` prints the differences as JSON.

A process of its own, because logical devices must be there before TensorFlow starts.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

REPLICAS = 2
SHARE = 2  # images of each replica


def main() -> None:
    """Prints {loss: [relative difference of the loss, difference of the gradients beside the largest one]}."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * REPLICAS)
    from tests import tiny_losses

    strategy = tf.distribute.MirroredStrategy([f"/cpu:{replica}" for replica in range(REPLICAS)])
    count = REPLICAS * SHARE
    batch, logits, weight = (make(count=count) for make in (tiny_losses.batch, tiny_losses.logits, tiny_losses.weight))
    # The first replica has little that is known and a class that the other one lacks; the last image is padding.
    void = np.zeros(weight.shape, bool)
    void[:SHARE, 4:] = True
    semantic = tf.where((batch["semantic"] == 2) & (tf.range(count)[:, None, None] >= SHARE), 1, batch["semantic"])
    batch["semantic"] = tf.where(void, tiny_losses.INFO.void, semantic)
    weight = weight * tf.constant([1.0] * (count - 1) + [0.0])[:, None, None]
    found = {}
    for name, config in tiny_losses.CONFIGS.items():
        prepared = tiny_losses.prepared(config, batch)
        expected, wanted = tiny_losses.cost_and_gradient(config, prepared, logits, weight)
        losses, gradients = replicated(strategy, config, {**prepared, "logits": logits, "pixel_weight": weight})
        together = np.concatenate(gradients) - wanted
        found[name] = [abs(sum(losses) / float(expected) - 1), np.abs(together).max() / np.abs(wanted).max()]
    print(json.dumps(found))


def replicated(
    strategy: tf.distribute.Strategy, config: Any, batch: Mapping[str, tf.Tensor]
) -> tuple[list[float], list[np.ndarray]]:
    """The share of each replica in the loss of a global batch, and its gradient for its own scores."""
    from tests import tiny_losses

    def part(context: tf.distribute.experimental.ValueContext) -> dict[str, tf.Tensor]:
        first = context.replica_id_in_sync_group * SHARE
        return {key: value[first : first + SHARE] for key, value in batch.items()}

    def replica(mine: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        scores, factors = mine["logits"], mine["pixel_weight"]
        with tf.GradientTape() as tape:
            tape.watch(scores)
            loss = tiny_losses.cost(config, mine, scores, factors)
        return loss, tape.gradient(loss, scores)

    parts = strategy.experimental_distribute_values_from_function(part)
    # In a graph, as training runs: there the replicas' messages are other operations than in eager execution.
    results = tf.function(lambda: strategy.run(replica, (parts,)))()
    losses, gradients = (strategy.experimental_local_results(each) for each in results)
    return [float(loss) for loss in losses], [gradient.numpy() for gradient in gradients]


if __name__ == "__main__":
    main()
