"""Scores stored predictions against stored truth, without a model: the work behind `segline score`. No TensorFlow.

One image is in memory at a time, in each of several processes where there are many images; the scores do not depend on
the number of processes.
"""

import copy
import dataclasses
import functools
import math
import os
from collections.abc import Callable, Collection, Sequence
from concurrent import futures
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, metric, scores
from seg_models.metrics import confusion_matrix, panoptic_quality
from seg_models.raw import coco_panoptic

# Below this many images starting processes takes longer than it saves.
FEW_IMAGES = 200
# Parts per process: enough that no process waits long for the last one, few enough that handing over counts is cheap.
PARTS = 4

PathLike = str | os.PathLike[str]
Pair = tuple[metric.Maps, metric.Maps]
Metrics = tuple[metric.Metric, ...]


def score_semantic_png(
    truth_dir: PathLike,
    prediction_dir: PathLike,
    num_classes: int,
    void: int | None = None,
    names: Sequence[str] | None = None,
    *,
    workers: int | None = None,
) -> scores.Scores:
    """Scores PNGs of class ids (8 or 16 bits) against truth PNGs of the same name, subfolders included.

    Args:
      truth_dir: every PNG in it is scored.
      prediction_dir: has exactly the same file names.
      num_classes: class ids are 0..num_classes - 1.
      void: truth pixels that are not counted; None: 255, or 65535 for more than 255 classes. A predicted void, like any
        predicted value that is no class, is a missed pixel.
      names: of the classes, keys of `per_class`; None: their ids.
      workers: processes; None: one per core for many images.

    Returns:
      All keys of `segline score`; those of panoptic quality are NaN.

    Raises:
      UserError: a file is missing, left over, unreadable, of another size, or has a truth value that is no class.
    """
    if num_classes < 1:
        raise errors.UserError(f"`num_classes` must be at least 1, got {num_classes}.")
    names = [str(each) for each in range(num_classes)] if names is None else list(names)
    if len(set(names)) != num_classes:
        raise errors.UserError(f"`names` has {len(set(names))} different names; expected one per class, {num_classes}.")
    info = dataset.DatasetInfo("stored", tuple(dataset.Category(name, (0, 0, 0)) for name in names), raw_values=())
    read = _SemanticFiles(str(truth_dir), str(prediction_dir), info, info.void if void is None else void)
    empty = (confusion_matrix.build(info, metric.Options()),)
    counted = _count(_paired_names(truth_dir, prediction_dir), read, empty, workers)
    undefined = dict.fromkeys(panoptic_quality.SCORES, math.nan)
    no_panoptic = {
        **undefined,
        "things": undefined,
        "stuff": undefined,
        scores.PER_CLASS: dict.fromkeys(names, undefined),
    }
    return scores.merge([*(each.result() for each in counted), no_panoptic])


def score_coco_panoptic(
    truth_json: PathLike,
    truth_dir: PathLike,
    prediction_json: PathLike,
    prediction_dir: PathLike,
    panopticapi_compatible: bool = False,
    *,
    workers: int | None = None,
) -> scores.Scores:
    """Scores predictions in the COCO panoptic format against truth in the same format.

    The semantic scores compare the categories of the segments, pixel by pixel. There a crowd region is of its category
    like any other segment: which things it holds is unknown, what they are is not. Id 0 is void.

    Args:
      truth_json, prediction_json: `annotations` for the same images; the truth's has `categories` too.
      truth_dir, prediction_dir: folders with the PNGs that the annotations name.
      panopticapi_compatible: only the last crowd region of a category excuses predictions, as in panopticapi.
      workers: processes; None: one per core for many images.

    Returns:
      All keys of `segline score`, by category name.

    Raises:
      UserError: an image is missing or left over, a file unreadable or of another size, or JSON and PNG disagree.
    """
    truth = coco_panoptic.read_truth(truth_json)
    predictions = coco_panoptic.read_predictions(prediction_json, truth)
    _check_same(truth.annotations, predictions, prediction_json, truth_json)
    options = metric.Options(panopticapi_compatible=panopticapi_compatible)
    empty = confusion_matrix.build(truth.info, options), panoptic_quality.build(truth.info, options)
    pairs = [(annotation, predictions[image_id]) for image_id, annotation in truth.annotations.items()]
    counted = _count(pairs, _PanopticFiles(str(truth_dir), str(prediction_dir), truth.info), empty, workers)
    return scores.merge(each.result() for each in counted)


@dataclasses.dataclass(frozen=True)
class _SemanticFiles:
    """Reads one file name's truth and prediction."""

    truth_dir: str
    prediction_dir: str
    info: dataset.DatasetInfo
    void: int

    def __call__(self, name: str) -> Pair:
        truth_path, prediction_path = Path(self.truth_dir, name), Path(self.prediction_dir, name)
        truth, prediction = image_files.read_class_ids(truth_path), image_files.read_class_ids(prediction_path)
        _check_same_size(truth, prediction, truth_path, prediction_path)
        strange = truth[(truth >= self.info.num_categories) & (truth != self.void)]
        if strange.size:
            raise errors.UserError(
                f"{truth_path}: {strange.size} pixels have the value {strange[0]}; expected class ids "
                f"0..{self.info.num_categories - 1} or void = {self.void}. Is the number of classes or void another?"
            )
        maps = (np.where(semantic == self.void, self.info.void, semantic) for semantic in (truth, prediction))
        return metric.Maps(next(maps)), metric.Maps(next(maps))


@dataclasses.dataclass(frozen=True)
class _PanopticFiles:
    """Reads one image's truth and prediction."""

    truth_dir: str
    prediction_dir: str
    info: dataset.DatasetInfo

    def __call__(self, pair: tuple[coco_panoptic.Annotation, coco_panoptic.Annotation]) -> Pair:
        truth = coco_panoptic.read_maps(self.truth_dir, pair[0], self.info)
        prediction = coco_panoptic.read_maps(self.prediction_dir, pair[1], self.info)
        paths = Path(self.truth_dir, pair[0].file_name), Path(self.prediction_dir, pair[1].file_name)
        _check_same_size(truth.panoptic, prediction.panoptic, *paths)
        return truth, prediction


def _count(items: Sequence[object], read: Callable[[object], Pair], empty: Metrics, workers: int | None) -> Metrics:
    """The metrics over all items, by one process or several."""
    if workers is None:
        workers = (os.cpu_count() or 1) if len(items) > FEW_IMAGES else 1
    if workers <= 1:
        return _count_here(read, empty, items)
    parts = [items[start :: workers * PARTS] for start in range(min(len(items), workers * PARTS))]
    total = copy.deepcopy(empty)
    # Where a process is killed, an executor raises; a multiprocessing.Pool would wait for ever.
    limit = (image_files.pixel_limit(),)
    with futures.ProcessPoolExecutor(workers, initializer=image_files.limit_pixels, initargs=limit) as executor:
        for part in executor.map(functools.partial(_count_here, read, empty), parts):
            for mine, theirs in zip(total, part):
                mine.merge(theirs)
    return total


def _count_here(read: Callable[[object], Pair], empty: Metrics, items: Sequence[object]) -> Metrics:
    counted = copy.deepcopy(empty)
    for item in items:
        truth, prediction = read(item)
        for each in counted:
            each.update(truth, prediction)
    return counted


def _paired_names(truth_dir: PathLike, prediction_dir: PathLike) -> list[str]:
    """The PNGs that both folders have, by their path inside."""
    names, predicted = _png_names(truth_dir), _png_names(prediction_dir)
    if not names:
        raise errors.UserError(f"{truth_dir}: no PNG in the folder; expected the truth maps.")
    _check_same(names, predicted, prediction_dir, truth_dir)
    return names


def _png_names(folder: PathLike) -> list[str]:
    if not Path(folder).is_dir():
        raise errors.UserError(f"{folder}: no such folder.")
    files = (path for path in Path(folder).rglob("*") if path.is_file())
    return sorted(str(path.relative_to(folder)) for path in files if path.suffix.lower() == ".png")


def _check_same(truth: Collection, predicted: Collection, predicted_in: PathLike, truth_in: PathLike) -> None:
    """Raises UserError where a file name or image id is only in one of both."""
    for wanted, found, folder, other in (
        (truth, set(predicted), predicted_in, truth_in),
        (predicted, set(truth), truth_in, predicted_in),
    ):
        missing = [each for each in wanted if each not in found]
        if missing:
            raise errors.UserError(
                f"{folder}: {missing[0]} is missing, but it is in {other} ({len(missing)} such in all). "
                "Truth and prediction must be of the same images."
            )


def _check_same_size(truth: np.ndarray, prediction: np.ndarray, truth_path: Path, prediction_path: Path) -> None:
    """Raises UserError where two maps [H, W] differ in size."""
    if truth.shape != prediction.shape:
        raise errors.UserError(
            f"{prediction_path}: the prediction is {prediction.shape[1]}x{prediction.shape[0]}, its truth "
            f"{truth_path} is {truth.shape[1]}x{truth.shape[0]}. Predictions need their truth's size."
        )
