"""How training is spread over devices: chosen by what is there."""

import json
import os
from typing import Any

import tensorflow as tf

from seg_models import errors


def choose() -> tf.distribute.Strategy:
    """MultiWorkerMirrored where TF_CONFIG names several workers, Mirrored over several GPUs, else one device."""
    cluster = _tf_config().get("cluster", {})
    if len(cluster.get("worker", [])) + len(cluster.get("chief", [])) > 1:
        return tf.distribute.MultiWorkerMirroredStrategy()
    if len(tf.config.list_physical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def _tf_config() -> dict[str, Any]:
    text = os.environ.get("TF_CONFIG", "{}")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise errors.UserError(f"The environment's TF_CONFIG is no JSON ({error}): {text[:80]}") from None


def per_replica(batch_size: int, strategy: tf.distribute.Strategy) -> int:
    """Images on each replica in a step; UserError where the batch cannot be shared out evenly."""
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise errors.UserError(f"`input.batch_size` {batch_size} is no multiple of the {replicas} replicas.")
    return batch_size // replicas


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes what all workers share: the exported model, the history."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.task_type:
        return True
    has_chief = "chief" in resolver.cluster_spec().jobs
    return resolver.task_type == "chief" or (not has_chief and resolver.task_type == "worker" and resolver.task_id == 0)
