"""What a run puts under its root."""

from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2

from pipeline import deployment, history, publish
from seg_models import config, errors, gate, scores
from seg_models.report import page


def artifact(folder: Path, files: dict[str, str]) -> metadata_store_pb2.Artifact:
    """An artifact with the given files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return metadata_store_pb2.Artifact(uri=str(folder))


@pytest.fixture
def executions(tmp_path: Path) -> dict[str, history.Execution]:
    """What four steps left."""
    verdict = gate.GateResult(True, (("mean_iou 0.5 reaches the minimum 0.4", True),))
    evaluation = {
        page.METRICS: '{"mean_iou": 0.5, "pq": null}',
        page.PAGE: "<html>",
        page.GATE: config.to_json(verdict),
    }
    pushed = artifact(tmp_path / "tfx/pushed", {"saved_model.pb": "graph", "variables/variables.index": "weights"})
    pushed.custom_properties["pushed"].int_value = 1
    pushed.custom_properties["pushed_version"].string_value = "12"
    records = artifact(tmp_path / "tfx/examples", {"manifest.json": "{}", "Split-train/records": "abc"})
    return {
        "ExampleGen": history.Execution(False, {"examples": records}),
        "Evaluator": history.Execution(False, {"evaluation": artifact(tmp_path / "tfx/evaluation", evaluation)}),
        "Pusher": history.Execution(True, {"pushed_model": pushed}),
    }


def test_results_are_where_people_look(executions: dict[str, history.Execution], tmp_path: Path) -> None:
    where = deployment.local(str(tmp_path / "root"), "x")
    for version in ("9", "12"):
        (tmp_path / "root/serving" / version).mkdir(parents=True)
    outcome = publish.publish(executions, where)
    assert (tmp_path / "root/metrics.json").read_text() == '{"mean_iou": 0.5, "pq": null}'
    assert (tmp_path / "root/report.html").read_text() == "<html>"
    assert (tmp_path / "root/records/Split-train/records").read_text() == "abc"
    assert scores.lookup(outcome.scores, "mean_iou") == 0.5
    assert (outcome.verdict.blessed, outcome.version, outcome.newest) == (True, "12", "12")


def test_the_trials_of_a_search_are_those_of_this_run(
    executions: dict[str, history.Execution], tmp_path: Path
) -> None:
    where, told = deployment.local(str(tmp_path / "root"), "x"), tmp_path / "root/trials.json"
    results = artifact(tmp_path / "tfx/tuner", {"tuner_results.json": '[{"score": 0.5}]'})
    publish.publish({**executions, "Tuner": history.Execution(False, {"tuner_results": results})}, where)
    assert told.read_text() == '[{"score": 0.5}]'
    publish.publish(executions, where)
    assert not told.exists()


def test_a_refused_model_has_no_version(executions: dict[str, history.Execution], tmp_path: Path) -> None:
    executions["Pusher"].outputs["pushed_model"].custom_properties["pushed"].int_value = 0
    outcome = publish.publish(executions, deployment.local(str(tmp_path / "root"), "x"))
    assert (outcome.version, outcome.newest) == ("", "")


def test_a_version_that_is_gone_is_served_again(executions: dict[str, history.Execution], tmp_path: Path) -> None:
    where, serving = deployment.local(str(tmp_path / "root"), "x"), tmp_path / "root/serving"
    outcome = publish.publish(executions, where)
    assert (outcome.version, outcome.newest) == ("12", "12")
    assert (serving / "12/saved_model.pb").read_text() == "graph"
    assert (serving / "12/variables/variables.index").read_text() == "weights"
    assert [path.name for path in serving.iterdir()] == ["12"]
    (serving / "12").rename(serving / "200")
    outcome = publish.publish(executions, where)
    assert (outcome.version, outcome.newest) == ("12", "200") and publish.versions(str(serving)) == [12, 200]


def test_a_model_of_which_no_copy_is_left_is_no_version(
    executions: dict[str, history.Execution], tmp_path: Path
) -> None:
    (tmp_path / "tfx/pushed/saved_model.pb").unlink()
    with pytest.raises(errors.UserError, match="root/serving/12: the model is gone"):
        publish.publish(executions, deployment.local(str(tmp_path / "root"), "x"))
    assert not (tmp_path / "root/serving").exists()


def test_only_the_checkpoints_of_finished_trainings_go(
    executions: dict[str, history.Execution], tmp_path: Path
) -> None:
    where = deployment.local(str(tmp_path / "root"), "x")
    done, interrupted = Path(where.checkpoint_dir) / "done", Path(where.checkpoint_dir) / "interrupted"
    for folder in (done, interrupted):
        folder.mkdir(parents=True)
        (folder / "weights").touch()
    (done / "finished").touch()
    publish.publish(executions, where)
    assert not done.exists() and (interrupted / "weights").exists()


def test_link_tree_replaces_and_shares_the_bytes(tmp_path: Path) -> None:
    source, destination = tmp_path / "source", tmp_path / "records"
    artifact(source, {"Split-eval/a": "new"})
    artifact(destination, {"Split-eval/gone": "old"})
    artifact(tmp_path / ".records.partial", {"half": "x"})
    publish.link_tree(str(source), str(destination))
    assert [path.name for path in destination.rglob("*") if path.is_file()] == ["a"]
    assert (destination / "Split-eval/a").samefile(source / "Split-eval/a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["records", "source"]


def test_link_tree_copies_where_links_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, destination: str) -> None:
        raise OSError("another disk")

    monkeypatch.setattr(publish.os, "link", refuse)
    artifact(tmp_path / "source", {"a": "new"})
    publish.link_tree(str(tmp_path / "source"), str(tmp_path / "records"))
    assert (tmp_path / "records/a").read_text() == "new"


def test_versions_are_numbers(tmp_path: Path) -> None:
    for name in ("9", "12", "old", ".partial"):
        (tmp_path / name).mkdir()
    assert publish.versions(str(tmp_path)) == [9, 12]
