"""Puts the results of a run where people look: metrics.json, report.html, records/, trials.json under the root."""

import dataclasses
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ml_metadata.proto import metadata_store_pb2

from components import trainer
from pipeline import deployment, history
from seg_models import config, errors, gate, image_files, scores
from seg_models.report import page

# The executor of TFX's Pusher writes these.
PUSHED, PUSHED_VERSION = "pushed", "pushed_version"
# The file that makes a folder a SavedModel.
SAVED_MODEL = "saved_model.pb"
# The trials of a search for settings: our file, and what the executor of TFX's Tuner calls it.
TRIALS, TRIALS_OF_TFX = "trials.json", "tuner_results.json"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
      scores: of the model.
      verdict: of the gate.
      version: the folder in serving/ that holds the model; "" where it was refused.
      newest: the newest folder in serving/, which a server takes; "" where there is none.
    """

    scores: scores.Scores
    verdict: gate.GateResult
    version: str
    newest: str


def publish(executions: Mapping[str, history.Execution], where: deployment.Deployment) -> Outcome:
    """Copies what the steps left in TFX's folders; what was there from an earlier run is replaced.

    Checkpoints of trainings that are through are removed: the steps before this have succeeded, so the model is kept.
    A version that a cached push names, and that is no longer in serving/, is put there again.

    Raises:
      UserError: neither the version nor the copy that the push kept of it is there.
    """
    records = executions["ExampleGen"].outputs["examples"].uri
    evaluation = Path(executions["Evaluator"].outputs["evaluation"].uri)
    link_tree(records, where.records_dir)
    for name in (page.METRICS, page.PAGE):
        image_files.write_atomically(Path(where.root) / name, (evaluation / name).read_bytes())
    trials = Path(where.root) / TRIALS
    if "Tuner" in executions:
        found = Path(executions["Tuner"].outputs["tuner_results"].uri) / TRIALS_OF_TFX
        image_files.write_atomically(trials, found.read_bytes())
    else:
        trials.unlink(missing_ok=True)
    for finished in Path(where.checkpoint_dir).glob(f"*/{trainer.FINISHED}"):
        shutil.rmtree(finished.parent)
    version = _version(executions["Pusher"].outputs["pushed_model"], where.serving_dir)
    return Outcome(
        scores=scores.from_json((evaluation / page.METRICS).read_text()),
        verdict=config.from_json((evaluation / page.GATE).read_text()),
        version=version,
        newest=str(max(versions(where.serving_dir), default="")),
    )


def versions(serving_dir: str) -> list[int]:
    """The versions that TensorFlow Serving sees in a folder."""
    return sorted(int(path.name) for path in Path(serving_dir).glob("*") if path.name.isdigit())


def link_tree(source: str, destination: str) -> None:
    """Makes `destination` a copy of a folder, by hard links where the disk allows it; never half a folder."""
    partial, old = (Path(destination).with_name(f".{Path(destination).name}.{end}") for end in ("partial", "old"))
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(source, partial, copy_function=_link)
    if os.path.exists(destination):
        os.replace(destination, old)
    os.replace(partial, destination)
    shutil.rmtree(old, ignore_errors=True)


def _link(source: str, destination: str) -> None:
    try:
        os.link(source, destination)
    except OSError:
        shutil.copy2(source, destination)


def _version(pushed: metadata_store_pb2.Artifact, serving_dir: str) -> str:
    """The version that was pushed, whole in `serving_dir`; "" where the model was refused."""
    properties = pushed.custom_properties
    if not properties[PUSHED].int_value:
        return ""
    version = properties[PUSHED_VERSION].string_value
    folder = os.path.join(serving_dir, version)
    if not os.path.exists(folder):
        # TFX's Pusher keeps a copy of what it pushes.
        if not os.path.exists(os.path.join(pushed.uri, SAVED_MODEL)):
            raise errors.UserError(
                f"{folder}: the model is gone, and so is the copy of it in {pushed.uri}. Choose another --root, or "
                "change a setting: the cached push cannot be used."
            )
        link_tree(pushed.uri, folder)
    return version
