"""The search: it finds the best of what it tries, outlives bad settings and interruptions, and ends in fields."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import keras
import keras_tuner
import pytest
from tfx.components.trainer import fn_args_utils
from tfx.components.tuner import executor
from tfx.dsl.components.base import base_executor
from tfx.types import standard_artifacts

from components import hyperparameters, trainer, tuner
from seg_models import config, errors, export, manifest
from seg_models.models import unet
from tests import tiny_evaluation, tiny_training

SPACE = (("train.learning_rate", "1e-4..1e-1 log"), ("model.width", "4|8"), ("train.seed", "1..3"))
SETTINGS = tiny_training.settings(steps=90, warmup_steps=9)


def goodness(settings: config.Training) -> float:
    """Best at a learning rate of 0.01 and a width of 8."""
    return -abs(math.log10(settings.train.learning_rate) + 2) - (settings.model.width != 8)


def search(folder: Path, judge: Callable[[config.Training], float] = goodness, **tune: object) -> tuner.Search:
    """A search whose trials are judged by a function of their settings instead of a training."""

    class Judged(tuner.Search):
        """Remembers the settings of each trial."""

        def _score(self, settings: config.Training, folder: str, tensorboard: str) -> float:
            self.seen = [*getattr(self, "seen", []), settings]
            return judge(settings)

    settings = config.Tune(**{"space": SPACE, "metric": "mean_iou", "trials": 12, **tune})
    return Judged(SETTINGS, settings, records_dir="records", directory=str(folder), tensorboard="tensorboard")


def best(found: tuner.Search) -> config.Training:
    return hyperparameters.applied(SETTINGS, found.get_best_hyperparameters()[0].get_config())


def test_the_best_of_all_trials_is_found_and_applied(tmp_path: Path) -> None:
    found = search(tmp_path)
    found.search(verbose=0)
    assert len(found.seen) == 12
    assert goodness(best(found)) == max(goodness(each) for each in found.seen)
    for each in found.seen:
        assert each.train.steps == 18 and each.train.warmup_steps == 2
        assert 1e-4 <= each.train.learning_rate <= 0.1 and each.train.seed in (1, 2, 3) and each.model.width in (4, 8)
    assert {each.model.width for each in found.seen} == {4, 8} and best(found).train.steps == 90
    assert (tmp_path / trainer.FINISHED).exists()


def test_the_seed_decides_what_is_tried(tmp_path: Path) -> None:
    tried = []
    for index, seed in enumerate((0, 0, 1)):
        found = search(tmp_path / str(index), seed=seed, trials=3)
        found.search(verbose=0)
        tried.append([each.train.learning_rate for each in found.seen])
    assert tried[0] == tried[1] != tried[2]


def test_hyperband_gives_the_better_ones_more_steps(tmp_path: Path) -> None:
    found = search(tmp_path, algorithm="hyperband", share=1.0)
    found.search(verbose=0)
    by_steps = {steps: [each for each in found.seen if each.train.steps == steps] for steps in (10, 30, 90)}
    # The brackets of Hyperband with 9 units and factor 3, rounded up: 9 -> 3 -> 1, 5 -> 2, 3 settings.
    assert {steps: len(each) for steps, each in by_steps.items()} == {10: 9, 30: 3 + 5, 90: 1 + 2 + 3}
    assert sum(len(each) for each in by_steps.values()) == len(found.seen)
    ranked = sorted(map(goodness, by_steps[10]), reverse=True)
    assert [goodness(each) for each in by_steps[30]].count(ranked[0]) >= 1
    assert "tuner/epochs" not in hyperparameters.fields(found.get_best_hyperparameters()[0])


@pytest.mark.parametrize("failing", [1, 5])
def test_hyperband_fills_its_brackets_though_trials_fail(failing: int, tmp_path: Path) -> None:
    """The first trials, which the most promising bracket starts with, end in a loss that is no number."""
    lost = []

    def diverging(settings: config.Training) -> float:
        if len(lost) < failing:
            lost.append(settings)
            raise errors.UserError("The loss is nan in step 3.")
        return goodness(settings)

    found = search(tmp_path, diverging, algorithm="hyperband", share=1.0)
    found.search(verbose=0)
    by_steps = {steps: [each for each in found.seen if each.train.steps == steps] for steps in (10, 30, 90)}
    assert {steps: len(each) for steps, each in by_steps.items()} == {10: 9, 30: 3 + 5, 90: 1 + 2 + 3}
    rates = {each.train.learning_rate for each in lost}
    assert not rates & {each.train.learning_rate for each in found.seen if each.train.steps == 90}
    # As TFX's Tuner asks for them: `max_trials`, which Hyperband has none of.
    ranked = found.oracle.get_best_trials(found.oracle.max_trials)
    assert len(ranked) == len(found.seen) - failing
    assert ranked[0].score == max(goodness(each) for each in found.seen if each not in lost)
    again = search(tmp_path, diverging, algorithm="hyperband", share=1.0)
    assert [each.score for each in again.oracle.get_best_trials(None)] == [each.score for each in ranked]


def test_a_hyperband_of_failures_alone(tmp_path: Path) -> None:
    def never(settings: config.Training) -> float:
        raise errors.UserError("The loss is nan in step 3.")

    with pytest.raises(errors.UserError, match="None of the 23 trials of `tune.space` came to a score"):
        search(tmp_path, never, algorithm="hyperband").search(verbose=0)


def test_settings_that_fail_are_told_and_the_search_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def diverging(settings: config.Training) -> float:
        if settings.model.width == 8:
            raise errors.UserError("The loss is nan in step 3.")
        return goodness(settings)

    found = search(tmp_path, diverging)
    found.search(verbose=0)
    assert len(found.seen) == 12 and best(found).model.width == 4
    assert "model.width 8" in caplog.text and "The loss is nan in step 3." in caplog.text


def test_a_search_without_a_score_and_one_with_a_defect(tmp_path: Path) -> None:
    def never(settings: config.Training) -> float:
        raise errors.UserError("The loss is nan in step 3.")

    with pytest.raises(errors.UserError, match="None of the 4 trials of `tune.space` came to a score"):
        search(tmp_path / "nan", never, trials=4).search(verbose=0)
    with pytest.raises(keras_tuner.errors.FatalError, match="trial 00: division by zero"):
        search(tmp_path / "defect", lambda settings: 1 / 0).search(verbose=0)


def test_an_interrupted_search_goes_on_with_the_trial_it_was_in(tmp_path: Path) -> None:
    whole = search(tmp_path / "whole", trials=5)
    whole.search(verbose=0)

    def interrupted(settings: config.Training) -> float:
        if settings == whole.seen[2]:
            raise KeyboardInterrupt
        return goodness(settings)

    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "cut", interrupted, trials=5).search(verbose=0)
    again = search(tmp_path / "cut", trials=5)
    again.search(verbose=0)
    assert again.seen[0] == whole.seen[2] and len(again.seen) == 3
    assert goodness(best(again)) == max(goodness(each) for each in [*whole.seen[:2], *again.seen])


def test_bayesian_search_says_what_it_needs_where_that_is_missing(tmp_path: Path) -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        with pytest.raises(errors.UserError, match=r"scikit-learn.*segline\[tune\]"):
            search(tmp_path, algorithm="bayesian")
        return
    found = search(tmp_path, algorithm="bayesian", trials=20)
    found.search(verbose=0)
    assert len(found.seen) == 20 and goodness(best(found)) > -0.5


def test_a_search_is_another_when_the_weights_change_that_trials_may_start_from(tmp_path: Path) -> None:
    tiny_evaluation.write_records(tmp_path / "records", [[]])
    space = (("train.start_from", f"none|{tmp_path / 'model'}"),)
    folders = []
    for seed in (0, 0, 1):
        keras.utils.set_random_seed(seed)
        export.export(unet.build(unet.Config(depth=1, width=2), tiny_evaluation.INFO), str(tmp_path / "model"), None)
        given = {
            trainer.SETTINGS: config.to_json(SETTINGS),
            tuner.TUNE: config.to_json(config.Tune(space, metric="mean_iou")),
            trainer.CODE: "c0de",
            trainer.CHECKPOINT_DIR: str(tmp_path / "checkpoints"),
            trainer.TENSORBOARD_DIR: str(tmp_path / "tensorboard"),
        }
        files = [f"{tmp_path}/records/{manifest.split_folder('train')}/*"]
        made = tuner.tuner_fn(fn_args_utils.FnArgs(train_files=files, custom_config=given)).tuner
        folders.append(made.directory)
    assert folders[0] == folders[1] != folders[2]


@pytest.mark.slow
def test_tfx_s_tuner_trains_judges_and_hands_on_the_best(tmp_path: Path) -> None:
    tiny_training.write_records(tmp_path)
    examples, found, results = (
        standard_artifacts.Examples(), standard_artifacts.HyperParameters(), standard_artifacts.TunerResults()
    )  # fmt: skip
    examples.split_names = '["train", "eval"]'
    for artifact, name in ((examples, "records"), (found, "best"), (results, "results")):
        artifact.uri = str(tmp_path / name)
        (tmp_path / name).mkdir(exist_ok=True)
    # A learning rate of 1e30 ends in a loss that is no number.
    tune = config.Tune((("train.learning_rate", "1e-9|0.03|1e30"),), trials=3, share=0.5, metric="mean_iou")
    settings = tiny_training.settings(steps=40, clip_norm=None)
    properties = {
        "tuner_fn": tuner.TUNER_FN,
        "train_args": "{}",
        "eval_args": "{}",
        "custom_config": json.dumps(
            {
                trainer.SETTINGS: config.to_json(settings),
                tuner.TUNE: config.to_json(tune),
                trainer.CODE: "c0de",
                trainer.CHECKPOINT_DIR: str(tmp_path / "checkpoints"),
                trainer.TENSORBOARD_DIR: str(tmp_path / "tensorboard"),
            }
        ),
    }
    context = base_executor.BaseExecutor.Context(tmp_dir=str(tmp_path / "tmp"), unique_id="1")
    executor.Executor(context).Do(
        {"examples": [examples]}, {"best_hyperparameters": [found], "tuner_results": [results]}, properties
    )
    handed_on = json.loads((tmp_path / "best" / "best_hyperparameters.txt").read_text())
    assert hyperparameters.applied(settings, handed_on).train.learning_rate == 0.03
    trials = json.loads((tmp_path / "results" / "tuner_results.json").read_text())
    scores = {each["train.learning_rate"]: each["score"] for each in trials}
    assert set(scores) == {"1e-9", "0.03"} and scores["0.03"] > scores["1e-9"]
    assert len(list((tmp_path / "tensorboard").glob("tune-*/*/events*"))) >= 2
