"""Scoring on Beam: the same scores as in one process, the gate, files that are whole, errors that say what to do."""

import dataclasses
import logging
from pathlib import Path

import apache_beam as beam
import pytest

from components import scoring
from seg_models import config, errors, evaluate, gate, scores
from tests import tiny_evaluation as tiny

SETTINGS = config.Evaluation(gallery=1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Records in three shards, a panoptic and a semantic-only model, and one of other classes."""
    folder = tmp_path_factory.mktemp("scoring")
    examples = [tiny.example(f"image/{i}", tiny.scene(i), tiny.spoilt(tiny.scene(i), i % 4)) for i in range(12)]
    tiny.write_records(folder / "records", [examples[:5], examples[5:6], examples[6:]])
    road, sky, car = tiny.INFO.categories
    other = dataclasses.replace(tiny.INFO, categories=(road, sky, dataclasses.replace(car, name="bus")))
    return {
        "records": str(folder / "records"),
        "panoptic": tiny.save_model(folder / "panoptic"),
        "semantic": tiny.save_model(folder / "semantic", predicts_things=False),
        "other": tiny.save_model(folder / "other", other),
    }


def _task(folders: dict[str, str], model: str = "panoptic", last: str = "", **conditions: object) -> scoring.Task:
    return scoring.Task(
        model_dir=folders[model],
        last_dir=folders[last] if last else "",
        records_dir=folders["records"],
        settings=SETTINGS,
        gate=config.Gate(**conditions),
    )


def test_scores_equal_those_of_one_process(folders: dict[str, str], tmp_path: Path) -> None:
    verdict = scoring.judge(_task(folders, minimum=(("mean_iou", 0.5),)), str(tmp_path), beam.Pipeline())
    shards = sorted(map(str, Path(folders["records"]).glob("Split-eval/*")))
    expected = evaluate.run(folders["panoptic"], shards, SETTINGS).result()
    assert (tmp_path / "metrics.json").read_text() == scores.to_json({**expected, "blessed": True})
    assert verdict.blessed and config.from_json((tmp_path / "gate.json").read_text()) == verdict
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {name.split("-")[0] for name in names} == {
        "metrics.json",
        "gate.json",
        "report.html",
        "gallery/best",
        "gallery/worst",
        "gallery/random",
    }


def test_the_last_blessed_model_is_scored_on_the_same_records(folders: dict[str, str], tmp_path: Path) -> None:
    task = _task(folders, "semantic", "panoptic", metric="stuff.pq", no_worse_than_last_by=0.0)
    verdict = scoring.judge(task, str(tmp_path), beam.Pipeline())
    found = scores.from_json((tmp_path / "metrics.json").read_text())
    shown = f"{scores.lookup(found, 'stuff.pq'):.3f}"
    # Both say the same of stuff, so nothing is lost.
    assert verdict == gate.GateResult(
        True, ((f"stuff.pq {shown} is not below {shown}, the last blessed model's {shown} less 0", True),)
    )


def test_a_worse_model_is_refused(folders: dict[str, str], tmp_path: Path) -> None:
    task = _task(folders, "semantic", "panoptic", metric="pq", no_worse_than_last_by=0.5)
    verdict = scoring.judge(task, str(tmp_path), beam.Pipeline())
    assert not verdict.blessed
    assert "pq is undefined" in verdict.failed[0]
    assert scores.from_json((tmp_path / "metrics.json").read_text())["blessed"] is False


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        ("", "no blessed model yet"),
        ("panoptic", "is this one"),
        ("other", "knows other classes"),
        ("records", "is gone from"),
    ],
)
def test_what_cannot_be_compared_bars_nobody(folders: dict[str, str], tmp_path: Path, last: str, reason: str) -> None:
    task = _task(folders, "panoptic", last, metric="pq", no_worse_than_last_by=0.01)
    verdict = scoring.judge(task, str(tmp_path), beam.Pipeline())
    assert verdict.blessed
    assert reason in verdict.conditions[0][0]


def test_a_misspelt_gate_fails_before_any_work(folders: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="mean_iuo.*mean_iou"):
        scoring.judge(_task(folders, minimum=(("mean_iuo", 0.5),)), str(tmp_path), beam.Pipeline())
    assert not list(tmp_path.iterdir())


def test_an_unknown_split(folders: dict[str, str], tmp_path: Path) -> None:
    task = dataclasses.replace(_task(folders), settings=config.Evaluation(split="evla"))
    with pytest.raises(errors.UserError, match="`evla`.*`eval`"):
        scoring.judge(task, str(tmp_path), beam.Pipeline())


def test_records_of_other_classes(folders: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="`car`.*`bus`"):
        scoring.judge(_task(folders, "other"), str(tmp_path), beam.Pipeline())


def test_a_runner_that_does_nothing_is_found_out(folders: dict[str, str], tmp_path: Path) -> None:
    class Idle(beam.Pipeline):
        def run(self, test_runner_api: object = "AUTO") -> "Idle":
            return self

        def wait_until_finish(self) -> None:
            pass

    with pytest.raises(errors.UserError, match="0 of 12 records were scored"):
        scoring.judge(_task(folders), str(tmp_path), Idle())


def test_progress_is_told_once_a_shard(
    folders: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="segline"):
        scoring.judge(_task(folders), str(tmp_path), beam.Pipeline())
    told = sorted(record.getMessage() for record in caplog.records if record.name == "segline")
    assert len(told) == 3
    assert told[0].startswith("eval: shard 1 of 3, 5 images, ")


def test_merging_leaves_its_inputs_alone(folders: dict[str, str]) -> None:
    shards = sorted(map(str, Path(folders["records"]).glob("Split-eval/*")))
    states = [evaluate.run(folders["panoptic"], [shard], SETTINGS) for shard in shards]
    assert scoring.merged(states).images == 12
    assert [state.images for state in states] == [5, 1, 6]
