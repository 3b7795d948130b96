"""Two replicas against one device: `python -m tests.mirrored_check MODEL` prints the largest differences as JSON.

A process of its own, because logical devices must be there before TensorFlow starts.
"""

import functools
import json
import subprocess
import sys
from typing import Any

import numpy as np
import tensorflow as tf

from tests import conftest

SIZE = (48, 40)
SHARE = 2  # images of each replica


@functools.cache
def run(name: str) -> dict[str, Any]:
    """What the check prints for a model."""
    command = [sys.executable, "-m", "tests.mirrored_check", name]
    ended = subprocess.run(command, cwd=conftest.ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def main(name: str) -> None:
    """Builds the model twice, with the same weights, and takes the same global batch through both."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    mirrored = tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"])
    single = tf.distribute.OneDeviceStrategy("/cpu:0")
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})  # graphs that run once
    batch = _batch()
    one, many = (_results(name, strategy, batch) for strategy in (single, mirrored))
    largest = float(max(np.abs(gradient).max() for gradient in one["gradients"]))
    void = (batch["semantic"] == 255).numpy().reshape(2, -1).mean(1)
    found = {
        "void": void.tolist(),
        "largest_gradient": largest,
        "weights_moved": _difference(one["start"], one["weights"]),
        "loss": abs(many["loss"] / one["loss"] - 1),
        "logged_loss": max(abs(found["logged"] / one["loss"] - 1) for found in (one, many)),
        "gradients": _difference(one["gradients"], many["gradients"]) / max(largest, 1),
        "weights": _relative(one["weights"], many["weights"]),
        "average": _relative(one["average"], many["average"]),
        **_dropped(mirrored),
    }
    print(json.dumps(found))


def _batch() -> dict[str, tf.Tensor]:
    """A global batch: the first replica's images are nearly all void, and the last image only fills the batch up."""
    from tests import tiny_models

    batch = tiny_models.batch(5, 2 * SHARE, SIZE)
    void = np.zeros(batch["semantic"].shape, bool)
    void[:SHARE, 4:] = True
    batch["semantic"] = tf.where(void, tiny_models.INFO.void, batch["semantic"])
    return {**batch, "weight": tf.constant([1.0] * (2 * SHARE - 1) + [0.0])}


def _results(name: str, strategy: tf.distribute.Strategy, batch: dict[str, tf.Tensor]) -> dict[str, Any]:
    """Loss and gradients of the batch, and the weights and their average after a step of `fit`."""
    import keras

    from seg_models import average
    from tests import tiny_models

    with strategy.scope():
        network = tiny_models.build(name, "sync_batch")
        averaged = average.Average(network.network, decay=0.9)
        network.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9))
        network.optimizer.build(network.trainable_variables)
    start = network.network.get_weights()
    loss, gradients = _step(network, strategy, batch)
    network.network.set_weights(start)  # the step has moved the statistics of the normalisation
    data = tf.data.Dataset.from_tensors((batch["image"], batch)).unbatch().batch(len(batch["weight"]))
    logged = network.fit(data, verbose=0).history["loss"][0]
    averaged.update(tf.constant(1.0))
    with averaged.applied():
        applied = network.network.get_weights()
    weights = network.network.get_weights()
    return {
        "loss": float(loss),
        "gradients": [gradient.numpy() for gradient in gradients],
        "start": start,
        "logged": logged,
        "weights": weights,
        "average": applied,
    }


def _step(
    network: Any, strategy: tf.distribute.Strategy, batch: dict[str, tf.Tensor]
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """The sums over the replicas of their losses and of their gradients."""
    share = len(batch["weight"]) // strategy.num_replicas_in_sync

    def part(context: tf.distribute.experimental.ValueContext) -> dict[str, tf.Tensor]:
        first = context.replica_id_in_sync_group * share
        return {key: value[first : first + share] for key, value in batch.items()}

    def replica(mine: dict[str, tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            outputs = network(mine["image"], training=True)
            loss = network.compute_loss(mine["image"], mine, outputs)
        return loss, tape.gradient(loss, network.trainable_variables)

    parts = strategy.experimental_distribute_values_from_function(part)
    results = tf.function(lambda: strategy.run(replica, (parts,)))()
    return tf.nest.map_structure(lambda value: strategy.reduce("SUM", value, axis=None), results)


def _dropped(strategy: tf.distribute.Strategy) -> dict[str, Any]:
    """What each replica's dropout leaves of ones, in two steps, and how many steps it has counted."""
    from seg_models.layers import dropout

    with strategy.scope():
        layer = dropout.Dropout(0.5)
        layer.build((None, 64))
    def drop() -> tf.Tensor:
        return layer(tf.ones([1, 64]), training=True)

    step = tf.function(lambda: strategy.run(drop))
    steps = [strategy.experimental_local_results(step()) for _ in range(2)]
    dropped = [tf.cast(value[0], tf.int32).numpy().tolist() for values in steps for value in values]
    return {"dropped": dropped, "dropout_steps": int(layer.state.numpy()[1])}


def _difference(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    return float(max(np.abs(a - b).max() for a, b in zip(first, second, strict=True)))


def _relative(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    """As `_difference`, but of large values, such as the variances of pixels of 0..255, in parts of the largest."""
    return float(max(np.abs(a - b).max() / max(1, np.abs(a).max()) for a, b in zip(first, second, strict=True)))


if __name__ == "__main__":
    main(sys.argv[1])
