"""Pixels by true and predicted class, and the scores that follow: accuracies, IoU, frequency-weighted IoU, Dice.

The scores are those of the whole set, not means over images. Void truth pixels are not counted. A class that occurs
neither in truth nor in prediction has no score (NaN) and is left out of means.
"""

import numpy as np

from seg_models import dataset, errors, metric


def build(info: dataset.DatasetInfo, options: metric.Options) -> "ConfusionMatrix":
    """An empty accumulator; no option touches it."""
    return ConfusionMatrix(info)


class ConfusionMatrix:
    """Counts pixels.

    Attributes:
      matrix: int64 [C, C], true class by predicted class.
      missed: int64 [C], pixels of a true class where void, or a value that is no class, is predicted: neither right
        nor a false positive of any class.
    """

    def __init__(self, info: dataset.DatasetInfo) -> None:
        self.info = info
        self.matrix = np.zeros((info.num_categories, info.num_categories), np.int64)
        self.missed = np.zeros(info.num_categories, np.int64)

    def update(self, truth: metric.Maps, prediction: metric.Maps) -> None:
        """Counts one image, by the semantic maps.

        Raises:
          DataError: a truth value is neither a class nor void.
          ValueError: a map is missing, or their sizes differ.
        """
        if truth.semantic is None or prediction.semantic is None:
            raise ValueError("`truth` and `prediction` must both have a semantic map.")
        shapes = truth.semantic.shape, prediction.semantic.shape
        if shapes[0] != shapes[1]:
            raise ValueError(f"`truth` is {shapes[0]}, `prediction` {shapes[1]}; expected one size.")
        size = self.info.num_categories
        pairs = _bounded(truth.semantic, size) * (size + 1) + _bounded(prediction.semantic, size)
        counts = np.bincount(pairs.ravel(), minlength=(size + 1) ** 2).reshape(size + 1, size + 1)
        unknown = counts[size].sum() - np.count_nonzero(truth.semantic == self.info.void)
        if unknown:
            raise errors.DataError(
                f"{unknown} truth pixels are neither a train id of `{self.info.name}` (0..{size - 1}) nor void "
                f"({self.info.void}). Convert the data set again."
            )
        self.matrix += counts[:size, :size]
        self.missed += counts[:size, size]

    def merge(self, other: "ConfusionMatrix") -> None:
        """Adds the counts of another accumulator of the same data set."""
        if other.info.names != self.info.names:
            raise ValueError(f"`other` counts {other.info.names}; expected {self.info.names}.")
        self.matrix += other.matrix
        self.missed += other.missed

    def result(self) -> dict[str, object]:
        """pixel_accuracy, mean_accuracy, mean_iou, fwiou, mean_dice, per_class {name: {iou, accuracy, dice}}."""
        right = self.matrix.diagonal()
        truth = self.matrix.sum(1) + self.missed
        either = truth + self.matrix.sum(0)
        iou, accuracy, dice = _ratio(right, either - right), _ratio(right, truth), _ratio(2 * right, either)
        occurs = truth > 0
        per_class = zip(self.info.names, iou.tolist(), accuracy.tolist(), dice.tolist())
        return {
            "pixel_accuracy": float(_ratio(right.sum(), truth.sum())),
            "mean_accuracy": _mean(accuracy),
            "mean_iou": _mean(iou),
            "fwiou": float(_ratio((truth[occurs] * iou[occurs]).sum(), truth.sum())),
            "mean_dice": _mean(dice),
            "per_class": {name: {"iou": i, "accuracy": a, "dice": d} for name, i, a, d in per_class},
        }


def _bounded(semantic: np.ndarray, size: int) -> np.ndarray:
    """Class ids as int64 [H, W]; every other value, void included, becomes `size`."""
    values = semantic.astype(np.int64)
    return np.where((values >= 0) & (values < size), values, size)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """float64 part / whole; NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)


def _mean(values: np.ndarray) -> float:
    """The mean of the values that are defined; NaN where none is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")
