"""Training from records to exported model: killed and resumed, stopped early, poisoned, in half precision, averaged."""

import math
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import config, errors, evaluate, export, history, input_pipeline
from seg_models import learner, manifest, overrides, start_weights, train
from seg_models.callbacks import follow, score
from seg_models.optimizers import sgd
from tests import conftest, tiny_training, toy_records


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with records, in which an uninterrupted run, `whole`, has ended."""
    root = tmp_path_factory.mktemp("training")
    tiny_training.write_records(root)
    train.train(tiny_training.settings(), tiny_training.folders(root, "whole"))
    return root


@pytest.fixture
def learners(monkeypatch: pytest.MonkeyPatch) -> list[learner.Learner]:
    """Every learner that is built during the test."""
    built, build = [], learner.build

    def remembered(*args: object, **kwargs: object) -> learner.Learner:
        built.append(build(*args, **kwargs))
        return built[-1]

    monkeypatch.setattr(learner, "build", remembered)
    return built


def weights(folders: train.Folders) -> dict[str, np.ndarray]:
    """The variables in an exported model."""
    reader = tf.train.load_checkpoint(f"{folders.model}/variables/variables")
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map() if "VARIABLE_VALUE" in name}


def past(folders: train.Folders) -> list[dict[str, float]]:
    return history.read(Path(folders.checkpoints) / history.FILE)


def assert_same(first: train.Folders, second: train.Folders) -> None:
    """The two exported models have the same weights."""
    ours, theirs = weights(first), weights(second)
    assert ours and ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_allclose(value, theirs[name], atol=1e-6, err_msg=name)


def test_a_run_leaves_a_model_its_history_and_its_curves(root: Path) -> None:
    folders = tiny_training.folders(root, "whole")
    card = export.read_card(folders.model)
    assert (card.info, card.tasks, card.size) == (toy_records.INFO, ("semantic",), tiny_training.SIZE)
    lines = past(folders)
    assert [line["step"] for line in lines] == [2, 4, 6, 8]
    assert [("mean_iou" in line) for line in lines] == [False, True, False, True]
    # The rate of the round's last step: 2 steps of warm-up to 0.01, then 0.01 * (1 - s / 6) ** 0.9.
    rates = [0.005, *(0.01 * (1 - step / 6) ** 0.9 for step in (1, 3, 5))]
    assert [line["learning_rate"] for line in lines] == pytest.approx(rates, rel=1e-4)
    assert all(math.isfinite(line["loss"]) and line["loss"] > 0 for line in lines)
    assert (Path(folders.model) / "assets.extra" / history.FILE).read_text() == (
        Path(folders.checkpoints) / history.FILE
    ).read_text()
    assert list(Path(folders.tensorboard).glob("events*"))
    assert not [name for name in weights(folders) if "total" in name or "count" in name]


def test_the_last_scores_are_those_of_the_exported_model(root: Path) -> None:
    folders = tiny_training.folders(root, "whole")
    judged = evaluate.run(folders.model, manifest.shards(folders.records, "eval"), tiny_training.settings().evaluation)
    assert judged.result()["mean_iou"] == pytest.approx(past(folders)[-1]["mean_iou"], abs=1e-6)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(root: Path) -> None:
    killed, whole = tiny_training.folders(root), tiny_training.folders(root, "whole")
    command = [sys.executable, "-m", "tests.tiny_training", str(root), "5"]
    ended = subprocess.run(command, cwd=conftest.ROOT, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert [line["step"] for line in past(killed)] == [2, 4] and not Path(killed.model).exists()
    # A kill after the numbers of a round were written and before its checkpoint was, in the middle of the next line.
    with (Path(killed.checkpoints) / history.FILE).open("a") as file:
        file.write('{"step": 6, "loss": 99.0}\n{"step": 8, "lo')
    train.train(tiny_training.settings(), killed)
    assert_same(killed, whole)
    assert [line["step"] for line in past(killed)] == [2, 4, 6, 8]
    for ours, theirs in zip(past(killed), past(whole)):
        assert ours == pytest.approx(theirs, abs=1e-6)


def test_a_finished_run_is_only_exported_again(root: Path, learners: list[learner.Learner]) -> None:
    whole, again = tiny_training.folders(root, "whole"), tiny_training.folders(root, "again")
    shutil.copytree(whole.checkpoints, again.checkpoints)
    before = sorted(path.name for path in Path(again.checkpoints).rglob("*"))
    train.train(tiny_training.settings(), again)
    assert_same(again, whole)
    assert sorted(path.name for path in Path(again.checkpoints).rglob("*")) == before
    assert past(again) == past(whole) and not Path(again.tensorboard).exists()
    assert learners[0].step == 8


def test_the_averaged_weights_are_exported(root: Path, learners: list[learner.Learner]) -> None:
    folders = tiny_training.folders(root, "averaged")
    train.train(tiny_training.settings(steps=2, warmup_steps=0, evaluate_every=0), folders)
    trained = learners[0]
    exported = sorted(value.ravel().tolist() for value in weights(folders).values() if value.dtype == np.float32)
    assert exported == sorted(value.numpy().ravel().tolist() for value in trained.averaged.values)
    raw = [weight for weight in trained.network.network.variables if weight.dtype == tf.float32]
    assert exported != sorted(weight.numpy().ravel().tolist() for weight in raw)


def scripted(monkeypatch: pytest.MonkeyPatch, results: list[float]) -> list[list[np.ndarray]]:
    """Makes evaluations find these scores of `mean_iou`, one after the other; the weights that each of them saw."""
    seen, judge = [], score.judge

    def judging(kept: learner.Learner, settings: config.Training, shards: list[str]) -> object:
        evaluated = judge(kept, settings, shards)

        def run() -> evaluate.State:
            state = evaluated()
            result = {**state.result(), "mean_iou": results[len(seen)]}
            state.result = lambda: result
            seen.append(kept.network.network.get_weights())
            return state

        return run

    monkeypatch.setattr(score, "judge", judging)
    return seen


def test_training_stops_early_and_exports_the_best_weights(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scripted(monkeypatch, [0.1, 0.5, 0.5, 0.4, 0.9])
    folders = tiny_training.folders(root, "early")
    settings = tiny_training.settings(
        metric="mean_iou", steps=10, evaluate_every=1, checkpoint_every=1, patience=2, class_weights="none"
    )
    train.train(settings, folders)
    assert [line["step"] for line in past(folders)] == [1, 2, 3, 4]
    exported = sorted(value.ravel().tolist() for value in weights(folders).values())
    as_lists = [sorted(weight.ravel().tolist() for weight in each) for each in seen]
    assert exported == as_lists[1] and exported not in (as_lists[0], *as_lists[2:])
    train.train(settings, folders)
    assert len(seen) == 4, "a run that stopped early stays stopped"
    assert sorted(value.ravel().tolist() for value in weights(folders).values()) == exported


def test_a_loss_that_is_no_number_names_the_records_of_its_step(root: Path) -> None:
    folders = tiny_training.folders(root, "poisoned")
    settings = tiny_training.settings(
        batch_size=2, optimizer=sgd.Config(), learning_rate=1e38, clip_norm=None, warmup_steps=0, ema_decay=None
    )
    with pytest.raises(errors.UserError, match="The loss is (nan|inf)") as raised:
        train.train(settings, folders)
    found = str(raised.value)
    step = int(found.split(" in step ")[1].split(",")[0])
    batches = input_pipeline.training(
        manifest.shards(folders.records, "train"), toy_records.INFO, settings.input, seed=settings.train.seed
    )
    keys = [[key.decode() for key in batch["key"]] for batch in batches.take(4).as_numpy_iterator()]
    assert f"in step {step}, on the records {', '.join(keys[step])}." in found and "train.learning_rate" in found
    assert step == 1 and keys[1] != keys[0] and not Path(folders.model).exists()


def test_a_stage_starts_from_the_model_of_the_one_before(root: Path) -> None:
    """Frozen layers keep the weights and statistics they start with, to the bit, through averaging and export."""
    whole, stage = tiny_training.folders(root, "whole"), tiny_training.folders(root, "stage")
    factors = (("head/semantic/*", 1.0), ("head/conv2d/*", 0.1), ("head/batch_normalization/*", 0.5), ("*", 0.0))
    train.train(tiny_training.settings(start_from=whole.model, steps=3, learning_rate_factors=factors), stage)
    before, after = start_weights.read(whole.model), start_weights.read(stage.model)
    changed = {path for path in before if not np.array_equal(before[path], after[path])}
    learning = {"head/semantic", "head/conv2d", "head/batch_normalization"}
    assert {path.rpartition("/")[0] for path in changed} == learning and before.keys() == after.keys()
    assert "head/batch_normalization/moving_mean" in changed


def test_a_small_batch_starts_from_batch_normalisation_whose_statistics_stay(root: Path) -> None:
    """Two images would be normalised by groups; what the error says to do instead keeps the statistics to the bit."""
    whole, small = tiny_training.folders(root, "whole"), tiny_training.folders(root, "small")
    settings = tiny_training.settings(batch_size=2, start_from=whole.model, steps=2, warmup_steps=0, evaluate_every=0)
    with pytest.raises(errors.UserError, match="batch normalisation where.*--model.norm.kind batch") as raised:
        train.train(settings, small)
    options = re.findall(r"--(\S+) '?([^\s'.]+)", str(raised.value))
    assert [field for field, _ in options] == ["model.norm.kind", "train.learning_rate_factors"]
    train.train(overrides.apply(settings, dict(options)), small)
    before, after = start_weights.read(whole.model), start_weights.read(small.model)
    changed = {path.rpartition("/")[2] for path in before if not np.array_equal(before[path], after[path])}
    assert changed == {"kernel", "bias"} and before.keys() == after.keys()


@pytest.mark.slow
def test_a_resumed_stage_ends_with_the_same_bits(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, cut = tiny_training.folders(root, "factors"), tiny_training.folders(root, "factors_cut")
    factors = (("*/bias", 2.0), ("head/conv2d_1/*", 0.0), ("*", 0.3))
    settings = tiny_training.settings(learning_rate_factors=factors, steps=4, evaluate_every=2, precise_bn_images=12)
    train.train(settings, whole)
    with monkeypatch.context() as power_cut:
        power_cut.setattr(follow.FiniteLoss, "on_train_batch_end", _cut_at_step_3)
        with pytest.raises(KeyboardInterrupt):
            train.train(settings, cut)
    train.train(settings, cut)
    ours, theirs = start_weights.read(cut.model), start_weights.read(whole.model)
    for path, value in ours.items():
        np.testing.assert_array_equal(value, theirs[path], err_msg=path)
    judged = evaluate.run(cut.model, manifest.shards(cut.records, "eval"), settings.evaluation)
    assert judged.result()["mean_iou"] == pytest.approx(past(cut)[-1]["mean_iou"], abs=1e-6)


def test_precise_statistics_change_what_is_judged_and_not_what_is_learnt(root: Path) -> None:
    exported = {}
    for images in (0, 8):
        folders = tiny_training.folders(root, f"precise_{images}")
        settings = tiny_training.settings(steps=2, warmup_steps=0, evaluate_every=1, precise_bn_images=images)
        train.train(settings, folders)
        exported[images] = start_weights.read(folders.model)
    different = {path for path, value in exported[0].items() if not np.array_equal(value, exported[8][path])}
    assert different and different == {path for path in exported[0] if "/moving_" in path}


def _cut_at_step_3(self: follow.FiniteLoss, batch: int, logs: dict[str, float] | None = None) -> None:
    if int(self._progress.step) == 3:
        raise KeyboardInterrupt


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision(root: Path, precision: str) -> None:
    folders = tiny_training.folders(root, precision)
    settings = tiny_training.settings(steps=4, precision=precision, evaluate_every=0)
    train.train(settings, folders)
    lines = past(folders)
    assert [line["step"] for line in lines] == [2, 4]
    assert all(math.isfinite(line["loss"]) for line in lines)
    assert keras.mixed_precision.global_policy().name == "float32"
    assert all(value.dtype in (np.float32, np.int32) for value in weights(folders).values())
    answer = export.load(folders.model).signatures["dense"](image=tf.zeros([1, 5, 7, 3], tf.uint8))
    assert answer["semantic"].shape == (1, 5, 7)
