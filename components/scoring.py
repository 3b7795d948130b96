"""Records + exported model -> scores, report and the gate's verdict, on Beam. Workers load no TFX.

One call of ScoreShard scores one shard; the States are merged in numpy, and the last step writes the files.
"""

import copy
import dataclasses
import logging
import time
from collections.abc import Iterable, Iterator, Mapping

import apache_beam as beam
from apache_beam.utils import shared

from components import storage
from seg_models import config, errors, evaluate, export, gate, manifest, scores
from seg_models.report import page

# The models that are scored: the new one, and the last blessed one for comparison.
NEW, LAST = "new", "last"

logger = logging.getLogger("segline")


@dataclasses.dataclass(frozen=True)
class Task:
    """What is judged, and by which rules.

    Attributes:
      model_dir: the exported model.
      last_dir: the last blessed model; "" where there is none.
      records_dir: converted records, with their manifest.
      settings: how scores are counted.
      gate: what the scores must reach.
    """

    model_dir: str
    last_dir: str
    records_dir: str
    settings: config.Evaluation
    gate: config.Gate


def judge(task: Task, output_dir: str, pipeline: beam.Pipeline) -> gate.GateResult:
    """Scores the models, applies the gate and writes metrics.json, gate.json, report.html and gallery/ to `output_dir`.

    Raises:
      UserError: the model or the records are not there or do not fit, the gate asks for an unknown score, or the runner
        did not do all its work.
    """
    card = export.read_card(task.model_dir)
    shards = manifest.shards(task.records_dir, task.settings.split)
    evaluate.check_records(card, shards)
    gate.check(task.gate, gate.possible_scores(card.info, task.settings))
    last_dir, no_last = _comparable(task, card)
    models = {NEW: task.model_dir, **({LAST: last_dir} if last_dir else {})}
    states = (
        pipeline
        | "Shards" >> beam.Create([(name, index, shard) for name in models for index, shard in enumerate(shards, 1)])
        | "Spread" >> beam.Reshuffle()  # without it, Create and ParDo are one stage on one worker
        | "Score" >> beam.ParDo(ScoreShard(models, task.settings, len(shards)))
        | "Merge" >> beam.CombinePerKey(merged)
        | "Gather" >> beam.combiners.ToDict()
    )
    states | "Write" >> beam.Map(write, task, no_last, output_dir)
    pipeline.run().wait_until_finish()
    _check_complete(output_dir, manifest.read(task.records_dir).splits[task.settings.split].records)
    return config.from_json(storage.read(storage.join(output_dir, page.GATE)).decode())


class ScoreShard(beam.DoFn):
    """(name of the model, number, shard) -> (name of the model, State). A worker loads each model once."""

    def __init__(self, models: Mapping[str, str], settings: config.Evaluation, count: int) -> None:
        self._models = dict(models)
        self._settings = settings
        self._count = count
        self._shared = {name: shared.Shared() for name in models}

    def setup(self) -> None:
        """Beam calls this once for each copy of the DoFn; the copies of one process share the loaded models."""
        self._loaded = {
            name: self._shared[name].acquire(lambda path=path: evaluate.ExportedModel(path))
            for name, path in self._models.items()
        }

    def process(self, element: tuple[str, int, str]) -> Iterator[tuple[str, evaluate.State]]:
        """Scores one shard."""
        name, number, shard = element
        model, started = self._loaded[name], time.monotonic()
        state = evaluate.State(model.card.info, model.card.tasks, self._settings)
        evaluate.score([shard], model, state)
        who = "last blessed model: " if name == LAST else ""
        speed = state.images / max(time.monotonic() - started, 1e-9)
        told = who + self._settings.split, number, self._count, state.images, speed
        logger.info("%s: shard %d of %d, %d images, %.1f a second", *told)
        yield name, state


def merged(states: Iterable[evaluate.State]) -> evaluate.State:
    """The States of several shards together; the first one is copied, for Beam may hand it out again."""
    states = iter(states)
    total = copy.deepcopy(next(states))
    for state in states:
        total.merge(state)
    return total


def write(states: dict[str, evaluate.State], task: Task, no_last: str, output_dir: str) -> None:
    """Applies the gate and writes all files, metrics.json last: where it is, the others are."""
    if NEW not in states:
        return
    last = states[LAST].result() if LAST in states else None
    verdict = gate.apply(states[NEW].result(), task.gate, last, no_last=no_last)
    files = page.files(evaluate.findings_of(states[NEW], verdict, task.model_dir))
    for name in sorted(files, key=lambda name: name == page.METRICS):
        storage.write(storage.join(output_dir, *name.split("/")), files[name])


def _comparable(task: Task, card: export.ModelCard) -> tuple[str, str]:
    """The directory of the last blessed model where its scores can be compared; else "" and the reason.

    A last model that is gone, or that knows other classes, must not bar all models to come.
    """
    if task.gate.no_worse_than_last_by is None or not task.last_dir:
        return "", gate.NO_LAST
    if task.last_dir == task.model_dir:
        return "", "the last blessed model is this one"
    try:
        last = export.read_card(task.last_dir)
    except errors.UserError:
        return "", f"the last blessed model is gone from {task.last_dir}"
    try:
        evaluate.check_same_classes(last.info, card.info, task.last_dir)
    except errors.UserError:
        return "", "the last blessed model knows other classes"
    return task.last_dir, ""


def _check_complete(output_dir: str, records: int) -> None:
    """Raises UserError where a runner, for all its success, left out records."""
    path = storage.join(output_dir, page.METRICS)
    scored = scores.from_json(storage.read(path).decode())["images"] if storage.exists(path) else 0
    if scored != records or not records:
        raise errors.UserError(
            f"{output_dir}: {scored} of {records} records were scored. Evaluate a split that has records, and use "
            "another runner where this one left some out."
        )
