"""Scores while a model learns: which rounds, what is written, who stops, and the alarm of one class."""

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import average, config, evaluate, history, learner, manifest, metric
from seg_models.callbacks import checkpoint, score
from seg_models.models import unet
from tests import tiny_models, tiny_training, toy_records

INFO = tiny_models.INFO


def state_of(*pairs: tuple[np.ndarray, np.ndarray]) -> evaluate.State:
    """The State after images with these maps of truth and prediction, integer [H, W]."""
    state = evaluate.State(INFO, ("semantic",), config.Evaluation(metrics=("confusion_matrix",), gallery=1))
    for index, (truth, prediction) in enumerate(pairs):
        image = np.zeros((*truth.shape, 3), np.uint8)
        state.update(str(index), image, metric.Maps(truth), metric.Maps(prediction))
    return state


def accurate(share: float) -> evaluate.State:
    """A State whose pixel accuracy is `share` of ten pixels."""
    truth = np.array([[0, 1] * 5])
    return state_of((truth, np.where(np.arange(10) < round(10 * share), truth, 3)))


class Script:
    """Evaluations that find these accuracies, and the weight that each of them saw."""

    def __init__(self, kernel: Callable[[], tf.Variable], accuracies: list[float]) -> None:
        self.kernel, self.accuracies, self.seen = kernel, accuracies, []

    def __call__(self) -> evaluate.State:
        self.seen.append(float(self.kernel()[0, 0, 0, 0]))
        return accurate(self.accuracies[len(self.seen) - 1])


@dataclasses.dataclass
class Run:
    """A run of rounds of one step each."""

    folder: Path
    kept: learner.Learner
    script: Script
    every: int = 1
    patience: int = 0

    def go(self, rounds: int) -> list[dict[str, float]]:
        """Lets the rounds pass; the history."""
        changes = {"patience": self.patience, "evaluate_every": self.every}
        settings = tiny_training.settings(metric="pixel_accuracy", **changes)
        self.checkpoints = checkpoint.Checkpoint(str(self.folder), self.kept)
        past = history.History(str(self.folder), resumed_at=0)
        scored = score.Score(
            self.kept,
            self.script,
            settings=settings,
            every=self.every,
            rounds=rounds,
            checkpoints=self.checkpoints,
            past=past,
            tensorboard_dir=str(self.folder / "tensorboard"),
        )
        scored.set_model(self.kept.network)
        self.kept.network.stop_training = False
        for epoch in range(rounds):
            self.kept.progress.step.assign_add(1)
            kernel(self.kept).assign_add(tf.ones_like(kernel(self.kept)))
            scored.on_epoch_end(epoch, {"loss": 0.5})
            if self.kept.network.stop_training:
                break
        return history.read(past.path)


def kernel(kept: learner.Learner) -> tf.Variable:
    return kept.network.network.trainable_variables[0]


def run(folder: Path, accuracies: list[float], averaged: bool = False, **fields: int) -> Run:
    network = tiny_models.build("unet")
    network.compile(optimizer=keras.optimizers.SGD(0.125))
    kept = learner.Learner(
        None, network, average.Average(network.network, 0.9) if averaged else None, learner.Progress()
    )
    kernel(kept).assign(tf.zeros_like(kernel(kept)))
    if averaged:
        kept.averaged.values[0].assign(tf.fill(kernel(kept).shape, -5.0))
    return Run(folder, kept, Script(lambda: kernel(kept), accuracies), **fields)


def test_every_so_many_rounds_and_the_last_are_evaluated_and_all_are_written(tmp_path: Path) -> None:
    lines = run(tmp_path, [0.3, 0.6, 0.5], every=2).go(5)
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5]
    assert [line.get("pixel_accuracy") for line in lines] == [None, 0.3, None, 0.6, 0.5]
    assert all(line["loss"] == 0.5 and line["learning_rate"] == 0.125 for line in lines)
    events = [
        value.tag
        for file in sorted((tmp_path / "tensorboard").iterdir())
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    ]
    assert events.count("loss") == 5 and events.count("pixel_accuracy") == 3 and events.count("eval/0") == 3


def test_0_never_evaluates(tmp_path: Path) -> None:
    done = run(tmp_path, [], every=0)
    assert len(done.go(3)) == 3 and not done.script.seen


def test_the_averaged_weights_are_judged_and_the_others_learn_on(tmp_path: Path) -> None:
    done = run(tmp_path, [0.1, 0.2], averaged=True)
    done.go(2)
    assert done.script.seen == [-5, -5] and float(kernel(done.kept)[0, 0, 0, 0]) == 2


def test_patience(tmp_path: Path) -> None:
    """The second evaluation is the best; an equal one is no better."""
    done = run(tmp_path, [0.2, 0.6, 0.6, 0.5, 0.9], patience=2)
    assert len(done.go(5)) == 4
    progress = done.kept.progress
    assert bool(progress.finished) and float(progress.best) == 0.6 and int(progress.waited) == 2
    done.checkpoints.restore_best()
    assert float(kernel(done.kept)[0, 0, 0, 0]) == 2


def test_the_end_of_a_patient_run_is_judged_before_the_best_weights_come_back(tmp_path: Path) -> None:
    """Evaluations after rounds 2 and 4 and, off that grid, after the fifth and last, which is the best."""
    done = run(tmp_path, [0.2, 0.4, 0.6], every=2, patience=9)
    done.go(5)
    done.checkpoints.restore_best()
    assert done.script.seen == [2, 4, 5] and float(kernel(done.kept)[0, 0, 0, 0]) == 5


def test_a_better_score_gives_new_patience(tmp_path: Path) -> None:
    done = run(tmp_path, [0.2, 0.1, 0.3, 0.1, 0.4], patience=2)
    assert len(done.go(5)) == 5 and not bool(done.kept.progress.finished) and float(done.kept.progress.best) == 0.4


def test_without_patience_nothing_stops_and_nothing_is_kept_as_best(tmp_path: Path) -> None:
    assert len(run(tmp_path, [0.9, 0.1, 0.1, 0.1]).go(4)) == 4
    assert not (tmp_path / "best").exists()


@pytest.mark.parametrize(
    ("truths", "predictions", "named"),
    [
        ([0, 1, 3], [1, 1, 1], "road"),
        ([0, 1, 3], [1, 1, 0], None),
        ([1, 1, 1], [1, 1, 1], None),
        ([0, 0, 0], [1, 1, 1], None),
        ([0, 0, 255], [1, 1, 3], None),
    ],
)
def test_the_alarm_of_one_class(
    truths: list[int], predictions: list[int], named: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the truth too is of one class, one class may be right."""
    state = state_of(*((np.full((2, 2), truth), np.full((2, 2), found)) for truth, found in zip(truths, predictions)))
    with caplog.at_level(logging.WARNING, "segline"):
        score.warn_of_one_class(state)
    assert bool(caplog.records) == (named is not None)
    assert named is None or f"`{named}` on every pixel of 3 images" in caplog.text


def test_without_a_confusion_matrix_there_is_no_alarm() -> None:
    score.warn_of_one_class(evaluate.State(INFO, ("semantic",), config.Evaluation(metrics=("panoptic_quality",))))


def test_the_judge_scores_the_network_as_it_is(tmp_path: Path) -> None:
    tiny_training.write_records(tmp_path)
    network = unet.build(tiny_models.config("unet"), toy_records.INFO)
    shards = manifest.shards(tmp_path / "records", "eval")
    kept = learner.Learner(None, network, None, learner.Progress())
    judge = score.judge(kept, tiny_training.settings(evaluate_images=3), shards)
    for train_id in (3, 1):
        network.network.get_layer("semantic").bias.assign(1e3 * np.eye(4)[train_id])
        state = judge()
        matrix = state.metrics["confusion_matrix"].matrix
        assert state.images == 3 and matrix[:, train_id].sum() == matrix.sum() > 0
