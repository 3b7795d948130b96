"""The pipeline's steps and edges, and what each step depends on: its cache lives by that."""

import dataclasses
import json
from pathlib import Path

import keras
import pytest
from tfx.dsl.compiler import compiler
from tfx.dsl.components.base import base_node
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.local import runner_utils

from pipeline import deployment, pipeline
from seg_models import config, errors, export, overrides
from seg_models.datasets import toy_streets
from seg_models.models import unet
from seg_models.optimizers import sgd
from seg_models.schedules import polynomial

HERE = deployment.local("runs/x", "x")
EXPERIMENT = config.Experiment(
    dataset=toy_streets.Config(images_train=2, images_eval=2),
    model=unet.Config(),
    train=config.Train(steps=1, optimizer=sgd.Config(), schedule=polynomial.Config()),
)


def made(**changes: str) -> tfx_pipeline.Pipeline:
    """The pipeline of a small experiment with fields replaced; `__` stands for the dot."""
    named = {name.replace("__", "."): text for name, text in changes.items()}
    return pipeline.create_pipeline(overrides.apply(EXPERIMENT, named), HERE)


def properties(node: base_node.BaseNode) -> dict[str, object]:
    """What TFX's cache sees of a step, besides its inputs."""
    return {name: str(value) for name, value in node.exec_properties.items()}


def changed(**changes: str) -> set[str]:
    """The steps that an override makes run anew by its settings alone."""
    before, after = ({node.id: properties(node) for node in made(**each).components} for each in ({}, changes))
    return {name for name in before if before[name] != after[name]}


def test_steps_and_edges() -> None:
    edges = {node.id: {upstream.id for upstream in node.upstream_nodes} for node in made().components}
    assert edges == {
        "ExampleGen": set(),
        "Trainer": {"ExampleGen"},
        "Evaluator": {"ExampleGen", "Trainer"},
        "Pusher": {"Trainer", "Evaluator"},
    }
    assert [name for name in pipeline.STEPS if name != "Tuner"] == list(edges)


TUNED = {"tune__space": "train.learning_rate=1e-4..1e-2 log,model.width=4|8", "tune__trials": "3"}


def test_a_search_for_settings_comes_before_training() -> None:
    edges = {node.id: {upstream.id for upstream in node.upstream_nodes} for node in made(**TUNED).components}
    assert list(edges) == list(pipeline.STEPS)
    assert edges["Tuner"] == {"ExampleGen"} and edges["Trainer"] == {"ExampleGen", "Tuner"}
    tuner = next(node for node in made(**TUNED).components if node.id == "Tuner")
    given = json.loads(properties(tuner)["custom_config"])
    assert config.from_json(given["tune"]).metric == "mean_iou"
    assert given["settings"] == config.to_json(config.training_of(EXPERIMENT))


def test_a_search_depends_on_its_settings_and_on_what_it_may_choose() -> None:
    def custom_configs(**changes: str) -> dict[str, object]:
        nodes = made(**{**TUNED, **changes}).components
        return {node.id: properties(node)["custom_config"] for node in nodes if node.id in ("Tuner", "Trainer")}

    before, others = custom_configs(), custom_configs(tune__trials="4")
    assert before["Tuner"] != others["Tuner"] and before["Trainer"] == others["Trainer"]
    others = custom_configs(tune__space="model=unet|deeplab_v3_plus")
    assert json.loads(before["Trainer"])["code"] != json.loads(others["Trainer"])["code"]
    with pytest.raises(errors.UserError, match="`tune.space`.*Did you mean `unet`"):
        made(tune__space="model=unet|unte")


def test_a_gate_that_compares_brings_in_the_last_blessed_model() -> None:
    nodes = {node.id: node for node in made(gate__no_worse_than_last_by="0.01").components}
    assert nodes["LastBlessedModel"] in nodes["Evaluator"].upstream_nodes
    assert nodes["Trainer"] in nodes["LastBlessedModel"].upstream_nodes


@pytest.mark.parametrize(
    ("field", "text", "steps"),
    [
        ("dataset__seed", "1", {"ExampleGen"}),
        ("train__seed", "1", {"Trainer"}),
        ("input__batch_size", "2", {"Trainer"}),
        ("model", "deeplab_v3_plus", {"Trainer"}),
        ("gate__minimum", "mean_iou=0.5", {"Evaluator"}),
        ("evaluation__gallery", "7", {"Evaluator"}),
        ("evaluation__metrics", "confusion_matrix", {"Trainer", "Evaluator"}),
    ],
)
def test_each_step_depends_on_its_own_settings(field: str, text: str, steps: set[str]) -> None:
    assert changed(**{field: text}) == steps


def test_training_depends_on_the_weights_that_it_starts_from(tmp_path: Path) -> None:
    def start(seed: int) -> str:
        keras.utils.set_random_seed(seed)
        network = unet.build(unet.Config(depth=1, width=2), toy_streets.INFO)
        export.export(network, str(tmp_path / "1"), None)
        trainer = next(node for node in made(train__start_from=str(tmp_path)).components if node.id == "Trainer")
        return properties(trainer)["custom_config"]

    assert start(0) != start(1)


def test_a_search_depends_on_the_weights_that_its_trials_may_start_from(tmp_path: Path) -> None:
    def starts(seed: int) -> list[str]:
        keras.utils.set_random_seed(seed)
        network = unet.build(unet.Config(depth=1, width=2), toy_streets.INFO)
        export.export(network, str(tmp_path / "1"), None)
        nodes = made(tune__space=f"train.start_from=none|{tmp_path}").components
        return [properties(node)["custom_config"] for node in nodes if node.id in ("Tuner", "Trainer")]

    assert len(starts(0)) == 2 and all(before != after for before, after in zip(starts(0), starts(1)))


def test_the_number_of_workers_is_no_reason_to_convert_again() -> None:
    """TFX's cache sees how a step is executed; that must not name the workers."""
    executed = []
    for where in (HERE, deployment.local("runs/x", "x", workers=4)):
        definition = compiler.Compiler().compile(pipeline.create_pipeline(EXPERIMENT, where))
        executed.append(runner_utils.extract_local_deployment_config(definition))
    assert executed[0] == executed[1]
    assert "direct_num_workers" in str(executed[0])


def test_the_limit_of_pixels_reaches_the_conversion() -> None:
    limited = pipeline.create_pipeline(EXPERIMENT, dataclasses.replace(HERE, max_pixels=7))
    converting = [properties(node) for node in limited.components if node.id == "ExampleGen"]
    assert [each["max_pixels"] for each in converting] == ["7"]
    with pytest.raises(errors.UserError, match="`max_pixels` is 0"):
        dataclasses.replace(HERE, max_pixels=0)


def test_caching_is_on_and_everything_lies_in_the_root() -> None:
    found = made()
    assert found.enable_cache
    assert found.pipeline_info.pipeline_root == HERE.pipeline_root
    assert (
        HERE.serving_dir
        in properties(next(node for node in found.components if node.id == "Pusher"))["push_destination"]
    )
