"""The TFX step that judges an exported model: scores, report, and the blessing that TFX's Resolver and Pusher read."""

import apache_beam as beam
from tfx.dsl.component.experimental import annotations, decorators
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components import scoring, storage
from seg_models import config, gate

# The words of TFX's own Evaluator; importing them from there would load all of TFX.
BLESSED, NOT_BLESSED = "BLESSED", "NOT_BLESSED"
BLESSED_PROPERTY = "blessed"
CURRENT_MODEL, CURRENT_MODEL_ID = "current_model", "current_model_id"
BASELINE_MODEL, BASELINE_MODEL_ID = "baseline_model", "baseline_model_id"


@decorators.component(use_beam=True)
def Evaluator(  # noqa: N802, the name is the step's name in TFX
    examples: annotations.InputArtifact[standard_artifacts.Examples],
    model: annotations.InputArtifact[standard_artifacts.Model],
    evaluation: annotations.OutputArtifact[standard_artifacts.ModelEvaluation],
    blessing: annotations.OutputArtifact[standard_artifacts.ModelBlessing],
    settings: annotations.Parameter[str],
    gate: annotations.Parameter[str],
    code: annotations.Parameter[str] = "",
    baseline: annotations.InputArtifact[standard_artifacts.Model] = None,
    pipeline: annotations.BeamComponentParameter[beam.Pipeline] = None,
) -> None:
    """Judges a model.

    Args:
      examples: the records, with their manifest.
      model: the exported model.
      evaluation: gets metrics.json, gate.json, report.html and gallery/.
      blessing: gets the file BLESSED or NOT_BLESSED, and the properties that say which model it is about.
      settings: JSON of config.Evaluation.
      gate: JSON of config.Gate.
      code: of the program; only TFX's cache looks at it.
      baseline: the last blessed model; absent until there is one.
      pipeline: that TFX makes of its beam_pipeline_args.
    """
    task = scoring.Task(
        model_dir=path_utils.serving_model_path(model.uri),
        last_dir=path_utils.serving_model_path(baseline.uri) if baseline else "",
        records_dir=examples.uri,
        settings=config.from_json(settings),
        gate=config.from_json(gate),
    )
    verdict = scoring.judge(task, evaluation.uri, pipeline)
    _bless(blessing, verdict, model, baseline)


def _bless(
    blessing: standard_artifacts.ModelBlessing,
    verdict: gate.GateResult,
    model: standard_artifacts.Model,
    baseline: standard_artifacts.Model | None,
) -> None:
    """Writes the verdict as TFX's own Evaluator does; the file comes last."""
    blessing.set_string_custom_property(CURRENT_MODEL, model.uri)
    blessing.set_int_custom_property(CURRENT_MODEL_ID, model.id)
    if baseline:
        blessing.set_string_custom_property(BASELINE_MODEL, baseline.uri)
        blessing.set_int_custom_property(BASELINE_MODEL_ID, baseline.id)
    blessing.set_int_custom_property(BLESSED_PROPERTY, int(verdict.blessed))
    storage.write(storage.join(blessing.uri, BLESSED if verdict.blessed else NOT_BLESSED), b"")
