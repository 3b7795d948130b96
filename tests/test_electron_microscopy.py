"""Scores of the ISBI 2012 challenge: by hand, and pair by pair."""

import itertools
import math

import numpy as np
import pytest
from scipy import ndimage

from seg_models import dataset, metric
from seg_models.metrics import electron_microscopy

INFO = dataset.DatasetInfo("em", (dataset.Category("membrane", (0, 0, 0)), dataset.Category("cell", (9, 9, 9))), ())
CELLS = {"#": 1, ".": 0, "?": INFO.void}


def scored(*images: tuple[np.ndarray, np.ndarray]) -> dict[str, float]:
    counted = electron_microscopy.build(INFO, metric.Options())
    for truth, prediction in images:
        counted.update(metric.Maps(truth), metric.Maps(prediction))
    return counted.result()["electron_microscopy"]


def drawn(*rows: str) -> np.ndarray:
    """Uint8 [H, W]: # is a cell, ? void."""
    return np.array([[CELLS[letter] for letter in row] for row in rows], np.uint8)


def test_a_gap_in_a_membrane_by_hand() -> None:
    truth, prediction = drawn("##.##", "##.##"), drawn("##.##", "#####")
    scores = scored((truth, prediction))
    # Two cells of 4 have 6 pairs each; the prediction has one segment, whose 8 known pixels have 28.
    assert scores["rand"] == 2 * 12 / (12 + 28)
    assert scores["warping"] == 1 - 1 / 10
    assert scores["pixel"] == 2 * 8 / (8 + 9)


def test_a_thicker_membrane_costs_no_warping() -> None:
    scores = scored((drawn("###.###", "###.###"), drawn("##..###", "##..###")))
    assert scores["warping"] == 1 and scores["rand"] == 2 * (6 + 15) / (30 + 6 + 15) and scores["pixel"] == 20 / 22


def test_void_is_not_counted() -> None:
    truth = drawn("##.??", "##.??", "##.??")
    assert scored((truth, drawn("##.#.", "##...", "##.##"))) == {"rand": 1, "warping": 1, "pixel": 1}


def test_rand_is_that_of_all_pairs() -> None:
    random = np.random.default_rng(0)
    right = total = 0
    images = []
    for _ in range(4):
        truth, prediction = (random.random((2, 6, 7)) < 0.6).astype(np.uint8)
        images.append((truth, prediction))
        segments = [ndimage.label(each)[0].ravel() for each in (truth, prediction)]
        for one, other in itertools.combinations(np.flatnonzero(segments[0]), 2):
            same = [each[one] == each[other] != 0 for each in segments]
            right += all(same)
            total += sum(same)
    assert scored(*images)["rand"] == pytest.approx(2 * right / total)


def test_no_cells_have_no_rand_score() -> None:
    scores = scored((drawn("..", ".."), drawn("..", "..")))
    assert math.isnan(scores["rand"]) and math.isnan(scores["pixel"]) and scores["warping"] == 1


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="semantic map"):
        scored((drawn(".."), None))
    with pytest.raises(ValueError, match=r"\(1, 2\)"):
        scored((drawn(".."), drawn("...")))
    other = dataset.DatasetInfo("other", (*INFO.categories, dataset.Category("sky", (1, 1, 1))), ())
    with pytest.raises(ValueError, match="sky"):
        electron_microscopy.build(INFO, metric.Options()).merge(electron_microscopy.build(other, metric.Options()))
