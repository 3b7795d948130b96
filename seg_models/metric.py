"""The metric contract: what a metric is fed (Maps, Segment) and what it answers. Numpy only.

A metric is one file in `seg_models/metrics/` with `build(info, options) -> Metric`.
"""

import dataclasses
from collections.abc import Mapping
from typing import Protocol, TypeVar

import numpy as np

Self = TypeVar("Self", bound="Metric")


@dataclasses.dataclass(frozen=True)
class Segment:
    """A region of a panoptic map: its train id, and whether it is a crowd region (truth only)."""

    category: int
    is_crowd: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Maps:
    """What is annotated, or what a model says, of one image.

    Attributes:
      semantic: integer [H, W] train ids; void as DatasetInfo.void. None where there is none.
      panoptic: integer [H, W] segment ids; an id that `segments` does not list is void. None where there is none.
      segments: panoptic id -> Segment.
    """

    semantic: np.ndarray | None = None
    panoptic: np.ndarray | None = None
    segments: Mapping[int, Segment] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Options:
    """What evaluation tells every metric.

    Attributes:
      predicts_things: False for a semantic-only model: no thing segments exist, so no PQ over things or all.
      panopticapi_compatible: only the last crowd segment of a category counts, as in panopticapi.
    """

    predicts_things: bool = True
    panopticapi_compatible: bool = False


class Metric(Protocol):
    """Sufficient statistics that add: one image at a time, then merged, then scores."""

    def update(self, truth: Maps, prediction: Maps) -> None:
        """Counts one image."""

    def merge(self: Self, other: Self) -> None:
        """Adds the counts of another accumulator of the same data set."""

    def result(self) -> dict[str, object]:
        """Scores as fractions in [0, 1]; NaN where a score is undefined."""
