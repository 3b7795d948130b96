"""What a report tells: all findings of one evaluation, and the training's history."""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from seg_models import dataset, gallery, gate


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


def is_number(value: object) -> bool:
    """A finite number, and not a truth value."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
