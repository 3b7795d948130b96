"""Checkpoints: everything comes back, the best weights apart, and nothing half-written is read."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import average, errors, learner
from seg_models.callbacks import checkpoint
from tests import tiny_models


def build(seed: int, averaged: bool = True, norm: str = "batch") -> learner.Learner:
    """A learner whose numbers follow from the seed."""
    network = tiny_models.build("unet", norm)
    network.compile(optimizer=keras.optimizers.Adam(0.01))
    network.optimizer.build(network.trainable_variables)
    kept = average.Average(network.network, 0.9) if averaged else None
    built = learner.Learner(None, network, kept, learner.Progress())
    for index, variable in enumerate(variables(built)):
        value = np.random.default_rng([seed, index]).uniform(1, 99, variable.shape)
        variable.assign(seed == 1 if variable.dtype == tf.bool else tf.cast(value, variable.dtype))
    return built


def variables(kept: learner.Learner) -> list[tf.Variable]:
    """All that a run must remember."""
    progress, averaged = list(kept.progress.variables), kept.averaged.values if kept.averaged else []
    return [*kept.network.network.variables, *kept.network.optimizer.variables, *averaged, *progress]


def values(kept: learner.Learner) -> list[list[float]]:
    return [np.ravel(variable.numpy()).tolist() for variable in variables(kept)]


@pytest.mark.parametrize("averaged", [True, False])
def test_everything_comes_back(tmp_path: Path, averaged: bool) -> None:
    saved, other = build(1, averaged), build(2, averaged)
    assert values(saved) != values(other) and len(values(saved)) > 40
    checkpoint.Checkpoint(str(tmp_path), saved).on_epoch_end(0)
    checkpoint.Checkpoint(str(tmp_path), other).restore(str(tmp_path))
    assert values(other) == values(saved)
    assert other.step == saved.step


def test_where_there_is_nothing_nothing_changes(tmp_path: Path) -> None:
    kept = build(1)
    before = values(kept)
    checkpoints = checkpoint.Checkpoint(str(tmp_path), kept)
    checkpoints.restore(str(tmp_path))
    checkpoints.restore_best()
    assert values(kept) == before


@pytest.mark.parametrize("kinds", [("batch", "group"), ("group", "batch")])
def test_a_model_of_another_normalisation_is_refused(tmp_path: Path, kinds: tuple[str, str]) -> None:
    """As `auto` gives it where the same batch is spread over more devices, or over fewer."""
    saved, other = (build(1, norm=kind) for kind in kinds)
    checkpoint.Checkpoint(str(tmp_path), saved).on_epoch_end(0)
    with pytest.raises(errors.UserError, match=f"as many devices as before, or delete {tmp_path} to"):
        checkpoint.Checkpoint(str(tmp_path), other).restore(str(tmp_path))


def test_the_best_weights_are_kept_apart(tmp_path: Path) -> None:
    best, last = build(1), build(2)
    checkpoint.Checkpoint(str(tmp_path), best).save_best()
    checkpoint.Checkpoint(str(tmp_path), last).on_epoch_end(0)
    fresh, weights = build(3), len(best.network.network.variables)
    checkpoints = checkpoint.Checkpoint(str(tmp_path), fresh)
    checkpoints.restore(str(tmp_path))
    assert values(fresh) == values(last)
    checkpoints.restore_best()
    assert values(fresh)[:weights] == values(best)[:weights]
    assert [value.numpy().tolist() for value in fresh.averaged.values] == [
        value.numpy().tolist() for value in best.averaged.values
    ]
    assert values(fresh)[-4:] == values(last)[-4:], "the progress is the run's, not the best model's"


def test_the_last_two_are_kept_and_one_that_a_kill_cut_off_is_not_read(tmp_path: Path) -> None:
    kept = build(1)
    checkpoints = checkpoint.Checkpoint(str(tmp_path), kept)
    for step in (10, 20, 30):
        kept.progress.step.assign(step)
        checkpoints.on_epoch_end(0)
    assert sorted(path.name for path in tmp_path.glob("*.index")) == ["ckpt-20.index", "ckpt-30.index"]
    (tmp_path / "ckpt-40.data-00000-of-00001").write_bytes(b"half")
    (tmp_path / "ckpt-40.index").write_bytes(b"half")
    again = build(2)
    checkpoint.Checkpoint(str(tmp_path), again).restore(str(tmp_path))
    assert again.step == 30


def test_workers_go_on_from_the_chief_s_checkpoint_and_write_their_own(tmp_path: Path) -> None:
    chief, worker = build(1), build(2)
    checkpoint.Checkpoint(str(tmp_path), chief).on_epoch_end(0)
    checkpoints = checkpoint.Checkpoint(str(tmp_path / "worker-1"), worker)
    checkpoints.restore(str(tmp_path))
    assert values(worker) == values(chief)
    worker.progress.step.assign(123)
    checkpoints.on_epoch_end(0)
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / f"ckpt-{chief.step}")
    assert tf.train.latest_checkpoint(str(tmp_path / "worker-1")).endswith("ckpt-123")
