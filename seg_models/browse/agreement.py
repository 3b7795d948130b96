"""How far several annotators of one image agree: means over all pairs of them.

Maps of classes: pixel agreement, Cohen's kappa (1960), IoU and Dice. Regions without classes: segmentation covering,
Rand index and variation of information, as BSDS reports them (Arbelaez et al. 2011). Objects with masks of their own:
the mean IoU with the best match, and the F-measure of matches with an IoU of 0.5 or more.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize

from seg_models import dataset, truth_checks

COVERING, RAND, INFORMATION = "segmentation covering", "Rand index", "variation of information (bits)"
PIXELS, KAPPA, IOU, DICE = "pixel agreement", "Cohen's kappa", "mean IoU", "mean Dice"
BEST_IOU, F_MEASURE = "IoU of the best match", "F-measure of objects"
# From 0 to 1, more is better: what a histogram can show and images can be ranked by. Variation of information is not.
UNBOUNDED = (INFORMATION,)
MATCHED = 0.5

Scores = dict[str, float]
OF_PEOPLE = "annotator/"
MAP = re.compile(rf"{OF_PEOPLE}(\d+)/(semantic|regions)")


class Annotation(NamedTuple):
    """What one person drew: one of `semantic` and `regions`, integer [H, W], or `objects`, a mask bool [H, W] each."""

    annotator: int
    semantic: np.ndarray | None = None
    regions: np.ndarray | None = None
    objects: tuple[dataset.Object, ...] = ()


def annotations(example: dataset.Example) -> list[list[Annotation]]:
    """What several people drew of an image: a list for each kind of annotation that has two annotators or more."""
    kinds: dict[str, list[Annotation]] = {"semantic": [], "regions": []}
    for name, values in example.maps.items():
        if match := MAP.fullmatch(name):
            kinds[match[2]].append(Annotation(int(match[1]), **{match[2]: values}))
    if kinds["semantic"] and example.semantic is not None:
        kinds["semantic"].append(Annotation(0, semantic=example.semantic))
    people = sorted({thing.annotator for thing in example.objects})
    kinds["objects"] = [
        Annotation(person, objects=tuple(thing for thing in example.objects if thing.annotator == person))
        for person in people
    ]
    return [sorted(several, key=lambda each: each.annotator) for several in kinds.values() if len(several) > 1]


def scores(example: dataset.Example, info: dataset.DatasetInfo) -> Scores:
    """The mean of each measure over all pairs of annotators; empty where there is one annotator or none."""
    found: dict[str, list[float]] = {}
    for several in annotations(example):
        for one, other in itertools.combinations(several, 2):
            for name, score in _pair(one, other, example, info):
                found.setdefault(name, []).append(score)
    return {name: float(np.mean(each)) for name, each in found.items()}


def of_classes(one: np.ndarray, other: np.ndarray, info: dataset.DatasetInfo) -> Scores:
    """Agreement of two maps of train ids, integer [H, W], on the pixels that neither calls void."""
    count = info.num_categories
    counted = (one < count) & (other < count)
    pairs = one[counted].astype(np.int64) * count + other[counted]
    matrix = np.bincount(pairs, minlength=count * count).reshape(count, count)
    total, right = matrix.sum(), np.trace(matrix)
    if not total:
        return {}
    ones, others = matrix.sum(1), matrix.sum(0)
    chance = float(ones @ others) / float(total) ** 2
    union = ones + others - matrix.diagonal()
    present = union > 0
    intersection = matrix.diagonal()[present]
    iou, dice = intersection / union[present], 2 * intersection / (ones + others)[present]
    found = {
        PIXELS: right / total,
        KAPPA: (right / total - chance) / (1 - chance) if chance < 1 else 1.0,
        IOU: iou.mean(),
        DICE: dice.mean(),
    }
    # Of two classes, such as vessel and background, the rarer, second one is what counts.
    if count == 2 and present.all():
        found[f"Dice of {info.names[1]}"] = dice[1]
    return {name: float(score) for name, score in found.items()}


def of_regions(one: np.ndarray, other: np.ndarray) -> Scores:
    """Agreement of two maps of region numbers, integer [H, W]; the numbers themselves mean nothing."""
    ranked, others_ranked = _ranks(one), _ranks(other)
    columns = int(others_ranked.max()) + 1
    matrix = np.bincount((ranked * columns + others_ranked).ravel(), minlength=(int(ranked.max()) + 1) * columns)
    matrix = matrix.reshape(-1, columns).astype(np.float64)
    total, sizes, others = matrix.sum(), matrix.sum(1), matrix.sum(0)
    iou = matrix / (sizes[:, None] + others[None] - matrix)
    covering = (sizes @ iou.max(1) + others @ iou.max(0)) / (2 * total)
    joint, alone = _pairs(matrix), _pairs(sizes) + _pairs(others)
    rand = 1 - (alone - 2 * joint) / _pairs(total) if total > 1 else 1.0
    information = 2 * _entropy(matrix / total) - _entropy(sizes / total) - _entropy(others / total)
    return {COVERING: float(covering), RAND: float(rand), INFORMATION: float(max(information, 0.0))}


def of_objects(ones: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> Scores:
    """Agreement of two lists of masks, bool [H, W] each, which may overlap."""
    if not ones or not others:
        return {BEST_IOU: 0.0, F_MEASURE: 0.0} if ones or others else {}
    first, second = (np.stack([mask.ravel() for mask in each]).astype(np.float32) for each in (ones, others))
    intersection = first @ second.T
    union = first.sum(1)[:, None] + second.sum(1)[None] - intersection
    iou = np.where(union > 0, intersection / np.maximum(union, 1), 0)
    best = (iou.max(1).mean() + iou.max(0).mean()) / 2
    rows, columns = optimize.linear_sum_assignment(iou >= MATCHED, maximize=True)
    matches = np.count_nonzero(iou[rows, columns] >= MATCHED)
    return {BEST_IOU: float(best), F_MEASURE: 2 * matches / (len(ones) + len(others))}


def _pair(
    one: Annotation, other: Annotation, example: dataset.Example, info: dataset.DatasetInfo
) -> Iterator[tuple[str, float]]:
    if one.semantic is not None:
        found = of_classes(one.semantic, other.semantic, info)
    elif one.regions is not None:
        found = of_regions(one.regions, other.regions)
    else:
        found = of_objects(*([extent(example, thing) for thing in each.objects] for each in (one, other)))
    yield from found.items()


def extent(example: dataset.Example, thing: dataset.Object) -> np.ndarray:
    """All of an object that was drawn, bool [H, W]: its hidden parts too where they were."""
    return truth_checks.visible(example, thing) if thing.amodal is None else thing.amodal


def _ranks(regions: np.ndarray) -> np.ndarray:
    """Region numbers, integer [H, W], as 0, 1, 2 ... without gaps: int64 [H, W]."""
    present = np.bincount(regions.ravel()) > 0
    return (np.cumsum(present) - 1)[regions]


def _pairs(counts: np.ndarray | float) -> float:
    """Pairs of pixels within groups of these sizes."""
    return float(np.sum(counts * (counts - 1)) / 2)


def _entropy(shares: np.ndarray) -> float:
    """In bits."""
    shares = shares[shares > 0]
    return float(-np.sum(shares * np.log2(shares)))
