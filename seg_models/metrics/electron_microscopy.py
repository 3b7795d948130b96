"""How well cells are told apart: the scores of the ISBI 2012 challenge on electron microscopy, each 1 minus its error.

The challenge (Arganda-Carreras et al., Frontiers in Neuroanatomy 9, 2015; its first rules, which U-Net's figures
follow) sees an image as cells between membranes. Cells are what `foreground.ids` says, all classes of them as one; a
segment is a 4-connected component of them. Truth pixels that are void are not counted.

    rand     F-score of the foreground-restricted Rand index: over all pairs of pixels of one image that are cell in
             the truth, positive where both lie in the same segment; a predicted membrane is in no segment.
    warping  1 - pixels in which the prediction still differs from the truth when this has been bent towards it
             without changing its topology (Jain et al., CVPR 2010), over all pixels. The challenge's own ranking
             counted, of these, only what splits and merges cells, so its errors are smaller.
    pixel    F-score of the cell pixels.

The challenge takes the best over thresholds of a probability map; a class map is one such threshold.
"""

import numpy as np

from seg_models import dataset, foreground, mask_topology, metric


def build(info: dataset.DatasetInfo, options: metric.Options) -> "ElectronMicroscopy":
    """An empty accumulator; no option touches it."""
    return ElectronMicroscopy(info)


class ElectronMicroscopy:
    """Counts pairs of pixels and pixels.

    Attributes:
      pairs: true positives, positives of the truth, positives of the prediction.
      cells: the same of pixels.
      torn: pixels that differ after warping.
      pixels: all that are not void.
    """

    def __init__(self, info: dataset.DatasetInfo) -> None:
        self.info = info
        self.cell_ids = foreground.ids(info)
        self.pairs = [0, 0, 0]
        self.cells = [0, 0, 0]
        self.torn = 0
        self.pixels = 0

    def update(self, truth: metric.Maps, prediction: metric.Maps) -> None:
        """Counts one image, by the semantic maps.

        Raises:
          ValueError: a map is missing, or their sizes differ.
        """
        if truth.semantic is None or prediction.semantic is None:
            raise ValueError("`truth` and `prediction` must both have a semantic map.")
        if truth.semantic.shape != prediction.semantic.shape:
            raise ValueError(f"`truth` is {truth.semantic.shape}, `prediction` {prediction.semantic.shape}.")
        known = truth.semantic != self.info.void
        true_cells = np.isin(truth.semantic, self.cell_ids)
        predicted_cells = np.isin(prediction.semantic, self.cell_ids) & known
        counts = pair_counts(mask_topology.components(true_cells), mask_topology.components(predicted_cells))
        areas = (true_cells & predicted_cells).sum(), true_cells.sum(), predicted_cells.sum()
        self.pairs = [total + count for total, count in zip(self.pairs, counts)]
        self.cells = [total + int(area) for total, area in zip(self.cells, areas)]
        self.torn += int((known & (mask_topology.warp(true_cells, predicted_cells) != predicted_cells)).sum())
        self.pixels += int(known.sum())

    def merge(self, other: "ElectronMicroscopy") -> None:
        """Adds the counts of another accumulator of the same data set."""
        if other.info.names != self.info.names:
            raise ValueError(f"`other` counts {other.info.names}; expected {self.info.names}.")
        self.pairs = [own + others for own, others in zip(self.pairs, other.pairs)]
        self.cells = [own + others for own, others in zip(self.cells, other.cells)]
        self.torn += other.torn
        self.pixels += other.pixels

    def result(self) -> dict[str, object]:
        """{"electron_microscopy": {rand, warping, pixel}}."""
        warping = 1 - self.torn / self.pixels if self.pixels else float("nan")
        scores = {"rand": _f_score(self.pairs), "warping": warping, "pixel": _f_score(self.cells)}
        return {"electron_microscopy": scores}


def pair_counts(truth: np.ndarray, prediction: np.ndarray) -> tuple[int, int, int]:
    """Pairs of pixels of true segments: in one segment in both maps, in the truth, in the prediction.

    Args:
      truth, prediction: segments, integer [H, W] >= 0, 0 is none.
    """
    inside = truth > 0
    true, predicted = truth[inside], prediction[inside]
    both = (true * (prediction.max(initial=0) + 1) + predicted)[predicted > 0]
    return _pairs(both), _pairs(true), _pairs(predicted[predicted > 0])


def _pairs(ids: np.ndarray) -> int:
    """How many pairs of equal ids there are."""
    areas = np.unique(ids, return_counts=True)[1].astype(np.int64)
    return int((areas * (areas - 1) // 2).sum())


def _f_score(counts: list[int]) -> float:
    """Twice the true positives over the positives of both sides; NaN where there are none."""
    right, true, predicted = counts
    return 2 * right / (true + predicted) if true + predicted else float("nan")
