"""What is counted over records, image by image: sums that add, of a size that does not grow with the records."""

import dataclasses
import heapq
import math
from collections import Counter
from collections.abc import Iterable

import numpy as np

from seg_models import dataset, inspection
from seg_models.browse import agreement

# Bins of what lies between 0 and 1.
BINS = 20
# Sizes of objects, the square root of their area, in bins that grow by this factor.
SIZE_STEP = math.sqrt(2)


@dataclasses.dataclass
class Classes:
    """Of one split, by train id, int64 [C] each: pixels, images that show the class, objects of it."""

    pixels: np.ndarray
    images: np.ndarray
    objects: np.ndarray
    void_pixels: int = 0
    all_images: int = 0
    labelled_images: int = 0

    def add(self, other: "Classes") -> None:
        """Adds the counts of other images."""
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


@dataclasses.dataclass
class Measure:
    """One measure of agreement over images: its sum, its values, and how they are distributed, int64 [BINS]."""

    total: float = 0.0
    images: int = 0
    bins: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(BINS, np.int64))

    @property
    def mean(self) -> float:
        """Over all images with two annotators or more."""
        return self.total / self.images

    def add(self, value: float) -> None:
        """Counts one image."""
        self.total += value
        self.images += 1
        self.bins[min(max(int(value * BINS), 0), BINS - 1)] += 1

    def merge(self, other: "Measure") -> None:
        """Adds other images."""
        self.total += other.total
        self.images += other.images
        self.bins = self.bins + other.bins


@dataclasses.dataclass(frozen=True, order=True)
class Chosen:
    """An image to show; those of the lowest rank are.

    Attributes:
      rank: what they are ordered by.
      key: of the record.
      split: of the record.
      path: of its file.
      offset: of the record in it, bytes.
      notes: sentences to show with it.
    """

    rank: float | str
    key: str
    split: str
    path: str
    offset: int
    notes: tuple[str, ...] = ()


@dataclasses.dataclass
class Statistics:
    """All that the page tells.

    Attributes:
      splits: split -> its class counts.
      widths, heights: pixels -> images.
      objects: objects of the first annotator -> images.
      sizes: bin of the square root of the visible area (`size_bin`) -> objects.
      occlusions: bin of the hidden fraction, of BINS -> objects.
      annotators: people who drew an image -> images.
      agreement: name -> Measure.
      findings: doubts about the records.
      chosen: group -> images to show.
    """

    splits: dict[str, Classes] = dataclasses.field(default_factory=dict)
    widths: Counter[int] = dataclasses.field(default_factory=Counter)
    heights: Counter[int] = dataclasses.field(default_factory=Counter)
    objects: Counter[int] = dataclasses.field(default_factory=Counter)
    sizes: Counter[int] = dataclasses.field(default_factory=Counter)
    occlusions: Counter[int] = dataclasses.field(default_factory=Counter)
    annotators: Counter[int] = dataclasses.field(default_factory=Counter)
    agreement: dict[str, Measure] = dataclasses.field(default_factory=dict)
    findings: inspection.Summary = dataclasses.field(default_factory=inspection.Summary)
    chosen: dict[str, list[Chosen]] = dataclasses.field(default_factory=dict)

    @property
    def images(self) -> int:
        """Of all splits."""
        return sum(classes.all_images for classes in self.splits.values())

    def add(self, example: dataset.Example, info: dataset.DatasetInfo, split: str) -> dict[str, float]:
        """Counts one image; gives the agreement of its annotators, {} where it has one or none."""
        classes = of_example(example, info)
        self.splits.setdefault(split, nothing(info)).add(classes)
        self.widths[example.width] += 1
        self.heights[example.height] += 1
        first = [thing for thing in example.objects if thing.annotator == 0]
        if example.instance is not None:
            self.objects[len(first)] += 1
        for thing, area in zip(first, _areas(example, first)):
            if area:
                self.sizes[size_bin(area)] += 1
            occlusion = _occlusion(thing, area)
            if occlusion is not None:
                self.occlusions[min(int(occlusion * BINS), BINS - 1)] += 1
        people = {person.annotator for several in agreement.annotations(example) for person in several}
        self.annotators[max(len(people), 1)] += 1
        scores = agreement.scores(example, info)
        for name, score in scores.items():
            self.agreement.setdefault(name, Measure()).add(score)
        return scores

    def choose(self, group: str, chosen: Chosen, count: int) -> None:
        """Keeps an image for the page where it is among the `count` lowest of its group."""
        self.chosen[group] = heapq.nsmallest(count, [*self.chosen.get(group, ()), chosen])

    def merge(self, other: "Statistics", count: int) -> None:
        """Adds other records; `count` images stay chosen in each group."""
        for split, classes in other.splits.items():
            if split in self.splits:
                self.splits[split].add(classes)
            else:
                self.splits[split] = dataclasses.replace(classes)
        for name in ("widths", "heights", "objects", "sizes", "occlusions", "annotators"):
            getattr(self, name).update(getattr(other, name))
        for name, measure in other.agreement.items():
            self.agreement.setdefault(name, Measure()).merge(measure)
        self.findings.merge(other.findings)
        for group, several in other.chosen.items():
            self.chosen[group] = heapq.nsmallest(count, [*self.chosen.get(group, ()), *several])


def merged(parts: Iterable[Statistics], count: int) -> Statistics:
    """Several together, whatever their order."""
    total = Statistics()
    for part in parts:
        total.merge(part, count)
    return total


def nothing(info: dataset.DatasetInfo) -> Classes:
    """No images."""
    return Classes(*(np.zeros(info.num_categories, np.int64) for _ in range(3)))


def of_example(example: dataset.Example, info: dataset.DatasetInfo) -> Classes:
    """The class counts of one image."""
    found = nothing(info)
    found.all_images = 1
    if example.semantic is not None:
        counts = np.bincount(example.semantic.ravel(), minlength=info.num_categories)
        found.labelled_images = 1
        found.pixels = counts[: info.num_categories].astype(np.int64)
        found.void_pixels = int(counts.sum() - found.pixels.sum())
    for thing in example.objects:
        if thing.annotator == 0 and 0 <= thing.category < info.num_categories:
            found.objects[thing.category] += 1
    found.images = ((found.pixels > 0) | (found.objects > 0)).astype(np.int64)
    return found


def size_bin(area: int) -> int:
    """The bin of an object's size: bin n begins at SIZE_STEP ** n pixels, the square root of its area."""
    # A hair more than half of the logarithm, so that an area on an edge is not below it by rounding.
    return math.floor(math.log(area, SIZE_STEP) / 2 + 1e-9)


def _areas(example: dataset.Example, objects: list[dataset.Object]) -> list[int]:
    """Visible pixels of each object."""
    counts = np.zeros(1, np.int64) if example.instance is None else np.bincount(example.instance.ravel())
    return [
        int(np.count_nonzero(thing.mask))
        if thing.mask is not None
        else int(counts[thing.instance]) if 0 < thing.instance < len(counts) else 0
        for thing in objects
    ]


def _occlusion(thing: dataset.Object, area: int) -> float | None:
    """The hidden fraction as annotated, or as the masks say it; None where neither does."""
    if thing.occlusion is not None:
        return min(max(thing.occlusion, 0.0), 1.0)
    whole = 0 if thing.amodal is None else int(np.count_nonzero(thing.amodal))
    return max(1 - area / whole, 0.0) if whole else None
