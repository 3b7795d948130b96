"""One run at a time; the same steps and edges everywhere."""

import dataclasses
import json
import shlex
from pathlib import Path

import pytest
import yaml

from pipeline import cli, deployment, pipeline, quiet, runners
from pipeline.verbs import compile as compile_verb
from seg_models import config, errors, overrides
from seg_models.datasets import toy_streets
from seg_models.models import unet
from seg_models.optimizers import sgd
from seg_models.schedules import polynomial
from tests import raw_tree

EXPERIMENT = config.Experiment(
    dataset=toy_streets.Config(images_train=2, images_eval=2),
    model=unet.Config(),
    train=config.Train(steps=1, optimizer=sgd.Config(), schedule=polynomial.Config()),
    gate=config.Gate(no_worse_than_last_by=0.01),
    tune=config.Tune(space=(("train.learning_rate", "1e-4..1e-2 log"),)),
)
GPU = deployment.Machine(4, 16, "NVIDIA_TESLA_T4", 1)
EDGES = {
    "ExampleGen": set(),
    "Tuner": {"ExampleGen"},
    "Trainer": {"ExampleGen", "Tuner"},
    "LastBlessedModel": set(),
    "Evaluator": {"ExampleGen", "Trainer", "LastBlessedModel"},
    "Pusher": {"Trainer", "Evaluator"},
}


def test_a_second_run_in_a_root_is_refused_and_the_lock_ends_with_its_holder(tmp_path: Path) -> None:
    with runners.only_run(str(tmp_path)):
        with pytest.raises(errors.UserError, match=r"another run \(process \d+\)"), runners.only_run(str(tmp_path)):
            pass
    with runners.only_run(str(tmp_path)):
        pass


def test_kubeflow_vertex_and_this_machine_get_the_same_steps_and_edges(tmp_path: Path) -> None:
    here = pipeline.create_pipeline(EXPERIMENT, deployment.local(str(tmp_path), "x"))
    edges = {node.id: {upstream.id for upstream in node.upstream_nodes} for node in here.components}
    # Only here the candidate is told apart from the models before it.
    assert edges == {**EDGES, "LastBlessedModel": {"Trainer"}}
    kubeflow = deployment.kubeflow("gs://bucket/x", "x", image="segline:1")
    vertex = deployment.vertex("gs://bucket/x", "x", image="segline:1", project="p", region="r")
    for name, where in (("job.yaml", kubeflow), ("job.json", vertex)):
        with_gpu = dataclasses.replace(where, training_machine=GPU)
        runners.compile_to(str(tmp_path / name), EXPERIMENT, with_gpu)
    specs = [
        yaml.safe_load((tmp_path / "job.yaml").read_text()),
        json.loads((tmp_path / "job.json").read_text())["pipelineSpec"],
    ]
    for spec in specs:
        tasks = spec["root"]["dag"]["tasks"]
        # A resolver of blessed models is two tasks there: the newest blessing, then its model.
        found = {_name(name): {_name(each) for each in task.get("dependentTasks", [])} for name, task in tasks.items()}
        found["LastBlessedModel"] -= {"LastBlessedModel"}
        assert found == EDGES
        containers = [each["container"] for each in spec["deploymentSpec"]["executors"].values() if "container" in each]
        assert {container["image"] for container in containers} == {"segline:1"}
        assert [each["resources"]["accelerator"]["count"] for each in containers if "resources" in each] == ["1", "1"]


def test_compiling_needs_an_image(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="`image` is empty"):
        runners.compile_to(str(tmp_path / "job.json"), EXPERIMENT, deployment.local(str(tmp_path), "x"))


@pytest.mark.parametrize("field", ["gate.minimum", "evaluation.metrics", "tune.metric", "tune.space"])
def test_a_misspelt_score_or_metric_is_found_before_anything_runs(field: str, tmp_path: Path) -> None:
    text = {
        "gate.minimum": "mean_iuo=0.5",
        "evaluation.metrics": "confusion_matrx",
        "tune.metric": "mean_iuo",
        "tune.space": "train.learning_rat=0.1|0.2",
    }[field]
    with pytest.raises(errors.UserError, match="Did you mean"):
        runners.run_here(overrides.apply(EXPERIMENT, {field: text}), deployment.local(str(tmp_path / "root"), "x"))
    assert not (tmp_path / "root").exists()
    kubeflow = deployment.kubeflow("gs://bucket/x", "x", image="segline:1")
    with pytest.raises(errors.UserError, match="Did you mean"):
        runners.compile_to(str(tmp_path / "job.yaml"), overrides.apply(EXPERIMENT, {field: text}), kubeflow)
    assert not (tmp_path / "job.yaml").exists()


def test_the_example_of_compile_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "down", lambda: None)
    verb, *argv = shlex.split(compile_verb.EXAMPLE.replace("\\\n", ""))[1:]
    raw = raw_tree.make("camvid", tmp_path / "raw").config.data_dir
    places = {"/mnt/camvid": raw, "job.yaml": str(tmp_path / "job.yaml")}
    argv = [places.pop(argument, argument) for argument in argv]
    assert not places and cli.main([verb, *argv, "--max_pixels", "12345"]) == 0
    assert "12345" in (tmp_path / "job.yaml").read_text()


def test_compiling_says_that_it_looks_at_the_raw_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(quiet, "down", lambda: None)
    argv = ["compile", "camvid_unet", "--for", "kubeflow", "--root", "gs://b/x", "--image", "i", "--output", "job.yaml"]
    assert cli.main([*argv, "--data_dir", str(tmp_path / "elsewhere")]) == 1
    assert "elsewhere`: there is no such folder on this machine" in capsys.readouterr().err


def _name(task: str) -> str:
    return next((name for name in EDGES if task.startswith(name)), task)
