"""The Evaluator step on artifacts made by hand: what TFX's Resolver and Pusher will read."""

import runpy
from pathlib import Path

import apache_beam as beam
import pytest
from tfx.dsl.components.common import resolver
from tfx.types import channel, standard_artifacts

from components import evaluator
from seg_models import config
from tests import tiny_evaluation as tiny


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Examples, a model and a baseline, as earlier steps would leave them."""
    folder = tmp_path_factory.mktemp("evaluator")
    examples, model, baseline = standard_artifacts.Examples(), standard_artifacts.Model(), standard_artifacts.Model()
    images = [tiny.example(f"image-{i}", tiny.scene(i), tiny.spoilt(tiny.scene(i), i % 3)) for i in range(6)]
    tiny.write_records(folder / "examples", [images[:3], images[3:]])
    for name, artifact, number in (("examples", examples, 5), ("model", model, 7), ("baseline", baseline, 3)):
        artifact.uri, artifact.id = str(folder / name), number
    for artifact, things in ((model, True), (baseline, False)):
        tiny.save_model(Path(artifact.uri) / "Format-Serving", predicts_things=things)
    return {"examples": examples, "model": model, "baseline": baseline}


def _run(
    folder: Path, artifacts: dict[str, object], conditions: config.Gate, *, with_baseline: bool
) -> dict[str, object]:
    """Calls the step's function; its outputs."""
    outputs = {"evaluation": standard_artifacts.ModelEvaluation(), "blessing": standard_artifacts.ModelBlessing()}
    for name, artifact in outputs.items():
        artifact.uri = str(folder / name)
    given = {name: artifact for name, artifact in artifacts.items() if name != "baseline" or with_baseline}
    evaluator.Evaluator.test_call(
        **given,
        **outputs,
        settings=config.to_json(config.Evaluation(gallery=1)),
        gate=config.to_json(conditions),
        pipeline=beam.Pipeline(),
    )
    return outputs


def _files(artifact: standard_artifacts.ModelBlessing) -> list[str]:
    return [path.name for path in Path(artifact.uri).iterdir()]


def test_blessed(tmp_path: Path, artifacts: dict[str, object]) -> None:
    conditions = config.Gate("mean_iou", (("mean_iou", 0.1),), 0.0)
    blessing = _run(tmp_path, artifacts, conditions, with_baseline=True)["blessing"]
    assert _files(blessing) == ["BLESSED"]
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_int_custom_property("current_model_id") == 7
    assert blessing.get_string_custom_property("current_model") == artifacts["model"].uri
    assert blessing.get_int_custom_property("baseline_model_id") == 3
    assert blessing.get_string_custom_property("baseline_model") == artifacts["baseline"].uri


def test_refused_without_a_baseline(tmp_path: Path, artifacts: dict[str, object]) -> None:
    outputs = _run(tmp_path, artifacts, config.Gate(minimum=(("mean_iou", 0.999),)), with_baseline=False)
    blessing = outputs["blessing"]
    assert _files(blessing) == ["NOT_BLESSED"]
    assert blessing.get_int_custom_property("blessed") == 0
    assert not blessing.has_custom_property("baseline_model_id")
    assert {"metrics.json", "report.html", "gate.json"} <= set(_files(outputs["evaluation"]))


def test_a_failed_evaluation_leaves_no_blessing(tmp_path: Path, artifacts: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="mean_iuo"):
        _run(tmp_path, artifacts, config.Gate(minimum=(("mean_iuo", 0.1),)), with_baseline=False)
    assert not (tmp_path / "blessing").exists()


def test_the_words_are_those_of_tfx() -> None:
    """Read from TFX's file, since importing its package takes half a minute."""
    tfx = Path(resolver.__file__).parents[3]
    theirs = runpy.run_path(str(tfx / "components" / "evaluator" / "constants.py"))
    assert evaluator.BLESSED == theirs["BLESSED_FILE_NAME"]
    assert evaluator.NOT_BLESSED == theirs["NOT_BLESSED_FILE_NAME"]
    assert evaluator.BLESSED_PROPERTY == theirs["ARTIFACT_PROPERTY_BLESSED_KEY"]
    assert evaluator.CURRENT_MODEL == theirs["ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY"]
    assert evaluator.CURRENT_MODEL_ID == theirs["ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY"]
    assert evaluator.BASELINE_MODEL == theirs["ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY"]
    assert evaluator.BASELINE_MODEL_ID == theirs["ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY"]


def test_the_baseline_is_optional_when_the_pipeline_is_built() -> None:
    examples, model = channel.Channel(standard_artifacts.Examples), channel.Channel(standard_artifacts.Model)
    step = evaluator.Evaluator(examples=examples, model=model, settings="", gate="")
    assert set(step.inputs) == {"examples", "model"}
    assert set(step.outputs) == {"evaluation", "blessing"}
    assert step.outputs["blessing"].type is standard_artifacts.ModelBlessing
