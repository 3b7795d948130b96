"""What a report tells: all findings of one evaluation, and the training's history, read from its file."""

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seg_models import dataset, gallery, gate

HISTORY = "history.jsonl"


@dataclasses.dataclass(frozen=True, eq=False)
class Findings:
    """One evaluation, ready to be told.

    Attributes:
      info: the classes.
      scores: of the whole set, with `images` and perhaps a `note`.
      gate: what became of the model at the gate; None where none was applied.
      predicts_things: whether the panoptic maps of the predictions tell things apart.
      matrix: int64 [C, C + 1], pixels by true and predicted class, the last column void; None where not counted.
      gallery: the images to show.
      history: one dict an entry of the training, with `step`.
      pixels, seconds: judged, and the model's time for them.
    """

    info: dataset.DatasetInfo
    scores: Mapping[str, object]
    gate: gate.GateResult | None
    predicts_things: bool
    matrix: np.ndarray | None
    gallery: gallery.Gallery
    history: tuple[Mapping[str, object], ...] = ()
    pixels: int = 0
    seconds: float = 0.0


def read_history(path: Path) -> tuple[dict[str, object], ...]:
    """The entries of a history file, without a half-written last line; () where there is none."""
    entries = []
    for line in path.read_text().splitlines() if path.is_file() else ():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(entry, dict) and "step" in entry:
            entries.append(entry)
    return tuple(entries)


def is_number(value: object) -> bool:
    """A finite number, and not a truth value."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
