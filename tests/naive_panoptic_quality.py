"""Panoptic quality once more, one mask and one pair of segments at a time: the independent truth of tests.

It shares no code with seg_models: follow it beside the definition, not beside the fast one.
"""

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

# One image: truth ids [H, W], {id: (category, is crowd)}, predicted ids [H, W], {id: category}. Unlisted ids are void.
Image = tuple[np.ndarray, dict[int, tuple[int, bool]], np.ndarray, dict[int, int]]


def score(images: Iterable[Image], is_thing: list[bool], only_last_crowd: bool = False) -> dict[str, object]:
    """{"all", "things", "stuff": (pq, sq, rq) or None, "classes": [(iou sum, tp, fp, fn)]}, all exact."""
    counts = [[Fraction(0), 0, 0, 0] for _ in is_thing]
    for image in images:
        _count(image, counts, only_last_crowd)
    everything = range(len(is_thing))
    return {
        "all": _mean(counts, everything),
        "things": _mean(counts, [i for i in everything if is_thing[i]]),
        "stuff": _mean(counts, [i for i in everything if not is_thing[i]]),
        "classes": [tuple(each) for each in counts],
    }


def triple(count: tuple[Fraction, int, int, int]) -> tuple[Fraction, Fraction, Fraction] | None:
    """(pq, sq, rq) of one class; None where it does not occur."""
    iou, tp, fp, fn = count
    if tp + fp + fn == 0:
        return None
    half_wrong = Fraction(fp + fn, 2)
    return iou / (tp + half_wrong), iou / tp if tp else Fraction(0), tp / (tp + half_wrong)


def _count(image: Image, counts: list[list], only_last_crowd: bool) -> None:
    truth, truth_segments, predicted, predicted_segments = image
    void = ~np.isin(truth, list(truth_segments))
    matched_truth, matched_predicted = set(), set()
    for truth_id, (category, is_crowd) in truth_segments.items():
        for predicted_id, predicted_category in predicted_segments.items():
            if is_crowd or category != predicted_category:
                continue
            true_mask, predicted_mask = truth == truth_id, (predicted == predicted_id) & ~void
            shared, union = (true_mask & predicted_mask).sum(), (true_mask | predicted_mask).sum()
            if union and Fraction(int(shared), int(union)) > Fraction(1, 2):
                assert truth_id not in matched_truth and predicted_id not in matched_predicted
                matched_truth.add(truth_id)
                matched_predicted.add(predicted_id)
                counts[category][0] += Fraction(int(shared), int(union))
                counts[category][1] += 1
    for truth_id, (category, is_crowd) in truth_segments.items():
        if truth_id not in matched_truth and not is_crowd and (truth == truth_id).any():
            counts[category][3] += 1
    for predicted_id, category in predicted_segments.items():
        mask = predicted == predicted_id
        if predicted_id in matched_predicted or not mask.any():
            continue
        crowds = [each for each, about in truth_segments.items() if about == (category, True)]
        excusing = crowds[-1:] if only_last_crowd else crowds
        below = zip(truth[mask].tolist(), void[mask].tolist())
        excused = sum(1 for each, is_void in below if is_void or each in excusing)
        if Fraction(excused, int(mask.sum())) <= Fraction(1, 2):
            counts[category][2] += 1


def _mean(counts: list[list], classes: Iterable[int]) -> tuple[Fraction, ...] | None:
    triples = [triple(tuple(counts[index])) for index in classes]
    triples = [each for each in triples if each is not None]
    return tuple(sum(column) / len(triples) for column in zip(*triples)) if triples else None


def random_image(
    rng: np.random.Generator, categories: int, height: int = 24, width: int = 32, void: float = 0.2, segments: int = 12
) -> Image:
    """A truth of blocks, some void, some crowds (several of one category), and a prediction often near it."""
    truth = np.zeros((height, width), np.int32)
    truth_segments: dict[int, tuple[int, bool]] = {}
    for segment in rng.choice(60000, segments, replace=False).tolist():
        _paint(rng, truth, segment + 1)
        # Few categories among crowds, so that one category has several crowd regions.
        is_crowd = rng.random() < 0.35
        truth_segments[segment + 1] = (int(rng.integers(2 if is_crowd else categories)), is_crowd)
    truth[rng.random(truth.shape) < 0.02] = 0
    for _ in range(int(rng.integers(3) if void else 0)):
        _paint(rng, truth, 0)
    truth_segments = {each: about for each, about in truth_segments.items() if (truth == each).any()}

    chosen = rng.choice(2**24 - 1, len(truth_segments), replace=False) + 1
    new_ids = dict(zip([0, *truth_segments], [0, *chosen.tolist()]))
    predicted = np.vectorize(new_ids.get, otypes=[np.int64])(truth)
    predicted = np.roll(predicted, (int(rng.integers(3)), int(rng.integers(3))), (0, 1))
    predicted_segments = {new_ids[each]: category for each, (category, _) in truth_segments.items()}
    for segment in predicted_segments:
        if rng.random() < 0.15:
            predicted_segments[segment] = int(rng.integers(categories))
    for extra in range(3):
        _paint(rng, predicted, 10**7 + extra)
        predicted_segments[10**7 + extra] = int(rng.integers(categories))
    predicted[rng.random(predicted.shape) < void * rng.random()] = 0
    visible = {each: category for each, category in predicted_segments.items() if (predicted == each).any()}
    return truth, truth_segments, predicted, visible


def _paint(rng: np.random.Generator, ids: np.ndarray, value: int) -> None:
    height, width = ids.shape
    top, left = int(rng.integers(height - 2)), int(rng.integers(width - 2))
    ids[top : top + int(rng.integers(2, height // 2)), left : left + int(rng.integers(2, width // 2))] = value
