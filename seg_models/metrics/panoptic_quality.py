"""Panoptic quality (arXiv:1801.00868) by the rules of panopticapi: PQ, SQ, RQ for all, things, stuff and every class.

A predicted and a true segment of one category match when their IoU exceeds one half; void truth pixels are taken out of
the predicted segment first. A true crowd region never matches and is never missed. An unmatched prediction is no false
positive where more than half of it lies on void and on crowd regions of its own category. Unlike panopticapi, all crowd
regions of a category count, not only the last one (Options.panopticapi_compatible brings that back), and areas always
come from the maps. Averages are over the categories that have a true positive, false positive or false negative.
"""

import math
from collections.abc import Iterable

import numpy as np

from seg_models import dataset, metric

# An IoU above one half is a multiple of 2^-53, so in this unit it is a whole number and sums of it are exact: the
# result does not depend on the order of images and merges.
IOU_UNIT = 2**53
LARGEST_ID = 2**24 - 1
SCORES = ("pq", "sq", "rq")
COUNTS = ("true_positives", "false_positives", "false_negatives")


def build(info: dataset.DatasetInfo, options: metric.Options) -> "PanopticQuality":
    """An empty accumulator."""
    return PanopticQuality(info, options)


class PanopticQuality:
    """Counts matches per category.

    Attributes:
      true_positives, false_positives, false_negatives: int64 [C].
      iou_sums: per category the sum of the matches' IoU, in units of 1 / IOU_UNIT.
    """

    def __init__(self, info: dataset.DatasetInfo, options: metric.Options) -> None:
        self.info = info
        self.options = options
        self.true_positives = np.zeros(info.num_categories, np.int64)
        self.false_positives = np.zeros(info.num_categories, np.int64)
        self.false_negatives = np.zeros(info.num_categories, np.int64)
        self.iou_sums = [0] * info.num_categories

    def update(self, truth: metric.Maps, prediction: metric.Maps) -> None:
        """Counts one image, by the panoptic maps; listed segments without a pixel do not count.

        Maps without a panoptic map stand for the stuff in their semantic map. A prediction may lack it only where
        the options say that no things are predicted.

        Raises:
          ValueError: maps are missing, their sizes differ, an id or a category is out of range.
        """
        if prediction.panoptic is None and self.options.predicts_things:
            raise ValueError("`prediction` has no panoptic map, but `options.predicts_things` is set.")
        truth, prediction = self._segmented(truth), self._segmented(prediction)
        overlaps = _overlaps(truth, prediction)
        truth_categories, predicted_categories = self._categories(truth), self._categories(prediction)
        same_category = truth_categories[:, None] == predicted_categories
        is_crowd = np.array([segment.is_crowd for segment in truth.segments.values()], bool)

        shared, on_void = overlaps[1:, 1:], overlaps[0, 1:]
        truth_areas, predicted_areas = overlaps[1:].sum(1), overlaps[:, 1:].sum(0)
        union = truth_areas[:, None] + predicted_areas - shared - on_void
        matches = same_category & ~is_crowd[:, None] & (2 * shared > union)
        missed = ~is_crowd & (truth_areas > 0) & ~matches.any(1)
        excused = is_crowd if not self.options.panopticapi_compatible else is_crowd & _last(truth_categories, is_crowd)
        ignored = on_void + (shared * (same_category & excused[:, None])).sum(0)
        wrong = (predicted_areas > 0) & ~matches.any(0) & (2 * ignored <= predicted_areas)

        size = self.info.num_categories
        self.true_positives += np.bincount(truth_categories[matches.any(1)], minlength=size)
        self.false_negatives += np.bincount(truth_categories[missed], minlength=size)
        self.false_positives += np.bincount(predicted_categories[wrong], minlength=size)
        for row, column in zip(*np.nonzero(matches)):
            self.iou_sums[truth_categories[row]] += int(shared[row, column] / union[row, column] * IOU_UNIT)

    def merge(self, other: "PanopticQuality") -> None:
        """Adds the counts of another accumulator of the same data set and options."""
        mine, theirs = ((each.info.names, each.options) for each in (self, other))
        if mine != theirs:
            raise ValueError(f"`other` counts {theirs}; expected {mine}.")
        self.true_positives += other.true_positives
        self.false_positives += other.false_positives
        self.false_negatives += other.false_negatives
        self.iou_sums = [mine + theirs for mine, theirs in zip(self.iou_sums, other.iou_sums)]

    def result(self) -> dict[str, object]:
        """pq, sq, rq, things and stuff {pq, sq, rq}, per_class {name: {pq, sq, rq, true_positives, ...}}.

        PQ is the mean of the classes' SQ * RQ, not the product of the means. Where no things are predicted only stuff
        has scores.
        """
        per_class = [self._class_result(index) for index in range(self.info.num_categories)]
        things = [scores for scores, category in zip(per_class, self.info.categories) if category.is_thing]
        stuff = [scores for scores, category in zip(per_class, self.info.categories) if not category.is_thing]
        everything = _average(per_class if self.options.predicts_things else [])
        return {
            **everything,
            "things": _average(things),
            "stuff": _average(stuff),
            "per_class": dict(zip(self.info.names, per_class)),
        }

    def _class_result(self, index: int) -> dict[str, float]:
        """Scores and counts of one class; NaN where it does not occur, or is a thing and no things are predicted."""
        if self.info.categories[index].is_thing and not self.options.predicts_things:
            return dict.fromkeys(SCORES + COUNTS, math.nan)
        counts = {name: int(getattr(self, name)[index]) for name in COUNTS}
        positives, wrong, missed = counts.values()
        weight = positives + 0.5 * wrong + 0.5 * missed
        if not weight:
            return {**dict.fromkeys(SCORES, math.nan), **counts}
        iou = self.iou_sums[index] / IOU_UNIT
        return {"pq": iou / weight, "sq": iou / positives if positives else 0.0, "rq": positives / weight, **counts}

    def _segmented(self, maps: metric.Maps) -> metric.Maps:
        """The maps themselves, or where they have no panoptic map one of the stuff in the semantic map."""
        if maps.panoptic is not None:
            return maps
        if maps.semantic is None:
            raise ValueError("maps must have a panoptic or a semantic map.")
        stuff = {i: metric.Segment(i) for i, category in enumerate(self.info.categories) if not category.is_thing}
        return metric.Maps(panoptic=maps.semantic, segments=stuff)

    def _categories(self, maps: metric.Maps) -> np.ndarray:
        """int64 [segments] train ids."""
        for name, segment in maps.segments.items():
            if not 0 <= segment.category < self.info.num_categories:
                raise ValueError(
                    f"segment {name} has category {segment.category}; expected 0..{self.info.num_categories - 1}."
                )
        return np.array([segment.category for segment in maps.segments.values()], np.int64)


def ranks(panoptic: np.ndarray, ids: Iterable[int]) -> np.ndarray:
    """Compact ids: int64 [H, W], 1 for the first of `ids`, 2 for the second ..., 0 for every other value.

    Args:
      panoptic: integer [H, W].
      ids: distinct, in 0..LARGEST_ID.
    """
    ids = np.fromiter(ids, np.int64)
    if ids.size and not 0 <= ids.min() <= ids.max() <= LARGEST_ID:
        raise ValueError(f"`ids` must lie in 0..{LARGEST_ID}, got {ids.min()}..{ids.max()}.")
    beyond = int(ids.max(initial=0)) + 1
    table = np.zeros(beyond + 1, np.int64)
    table[ids] = np.arange(1, ids.size + 1)
    panoptic = panoptic.astype(np.int64, copy=False)
    if panoptic.size and panoptic.min() < 0:
        panoptic = np.where(panoptic < 0, beyond, panoptic)
    return table.take(panoptic, mode="clip")


def _overlaps(truth: metric.Maps, prediction: metric.Maps) -> np.ndarray:
    """Pixels by true and predicted segment, int64 [1 + true segments, 1 + predicted segments]; 0 is void."""
    sizes = truth.panoptic.shape, prediction.panoptic.shape
    if sizes[0] != sizes[1]:
        raise ValueError(f"`truth` is {sizes[0]}, `prediction` {sizes[1]}; expected one size.")
    shape = len(truth.segments) + 1, len(prediction.segments) + 1
    pairs = ranks(truth.panoptic, truth.segments) * shape[1] + ranks(prediction.panoptic, prediction.segments)
    return np.bincount(pairs.ravel(), minlength=shape[0] * shape[1]).reshape(shape)


def _last(categories: np.ndarray, is_crowd: np.ndarray) -> np.ndarray:
    """bool [segments], True at the last crowd segment of each category."""
    last = {category: index for index, category in enumerate(categories.tolist()) if is_crowd[index]}
    return np.isin(np.arange(categories.size), list(last.values()))


def _average(classes: list[dict[str, float]]) -> dict[str, float]:
    """Means of pq, sq, rq over the classes that have them; NaN where none has."""
    defined = [scores for scores in classes if not math.isnan(scores["pq"])]
    if not defined:
        return dict.fromkeys(SCORES, math.nan)
    return {name: math.fsum(scores[name] for scores in defined) / len(defined) for name in SCORES}
