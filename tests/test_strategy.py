"""Which devices train, chosen by what is there."""

import json
import types

import pytest
import tensorflow as tf

from seg_models import errors, strategy


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without TF_CONFIG or GPUs, where strategies are just their names: real ones would wait for devices."""
    monkeypatch.delenv("TF_CONFIG", raising=False)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    for name in ("MultiWorkerMirroredStrategy", "MirroredStrategy"):
        monkeypatch.setattr(tf.distribute, name, lambda name=name: name)
    return monkeypatch


def gpus(machine: pytest.MonkeyPatch, count: int) -> None:
    machine.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"] * count if kind == "GPU" else [])


@pytest.mark.parametrize("count", [0, 1])
def test_one_device(machine: pytest.MonkeyPatch, count: int) -> None:
    gpus(machine, count)
    assert strategy.choose() is tf.distribute.get_strategy()


def test_several_gpus(machine: pytest.MonkeyPatch) -> None:
    gpus(machine, 2)
    assert strategy.choose() == "MirroredStrategy"


@pytest.mark.parametrize(
    ("cluster", "several"),
    [
        ({"worker": ["a:1", "b:1"]}, True),
        ({"chief": ["a:1"], "worker": ["b:1"]}, True),
        ({"worker": ["a:1"]}, False),
        ({"chief": ["a:1"]}, False),
        ({"chief": ["a:1"], "evaluator": ["b:1"]}, False),
        ({}, False),
    ],
)
def test_several_workers(machine: pytest.MonkeyPatch, cluster: dict[str, list[str]], several: bool) -> None:
    machine.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": "worker", "index": 0}}))
    gpus(machine, 2)
    assert strategy.choose() == ("MultiWorkerMirroredStrategy" if several else "MirroredStrategy")


def test_a_broken_tf_config_is_named(machine: pytest.MonkeyPatch) -> None:
    machine.setenv("TF_CONFIG", "{'cluster': {}}")
    with pytest.raises(errors.UserError, match="TF_CONFIG.*JSON"):
        strategy.choose()


def test_a_batch_is_shared_out_evenly() -> None:
    assert strategy.per_replica(8, types.SimpleNamespace(num_replicas_in_sync=4)) == 2
    with pytest.raises(errors.UserError, match="`input.batch_size` 8 is no multiple of the 3 replicas"):
        strategy.per_replica(8, types.SimpleNamespace(num_replicas_in_sync=3))


@pytest.mark.parametrize(
    ("cluster", "task", "chief"),
    [
        ({"worker": ["a:1", "b:1"]}, ("worker", 0), True),
        ({"worker": ["a:1", "b:1"]}, ("worker", 1), False),
        ({"chief": ["a:1"], "worker": ["b:1"]}, ("chief", 0), True),
        ({"chief": ["a:1"], "worker": ["b:1"]}, ("worker", 0), False),
    ],
)
def test_one_worker_writes_for_all(cluster: dict[str, list[str]], task: tuple[str, int], chief: bool) -> None:
    kind, index = task
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec(cluster), task_type=kind, task_id=index
    )
    assert strategy.is_chief(types.SimpleNamespace(cluster_resolver=resolver)) == chief


def test_a_machine_alone_writes() -> None:
    assert strategy.is_chief(tf.distribute.get_strategy())
    assert strategy.is_chief(tf.distribute.OneDeviceStrategy("/cpu:0"))
