"""The COCO panoptic format: one JSON of categories and segments, one RGB PNG of segment ids an image. No TensorFlow.

JSON and PNG must agree: an id that only one of them knows, an unknown category, or a wrong area is an error that names
file and segment. Areas in the JSON are only compared, never used.
"""

import collections
import dataclasses
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage

from seg_models import dataset, errors, image_files, metric, value_tables
from seg_models.metrics import panoptic_quality
from seg_models.raw import coco_objects

VOID_ID = 0


@dataclasses.dataclass(frozen=True)
class Segment:
    """One entry of `segments_info`; the area is None where it is not to be compared.

    The category is what `annotation_of` was told of its id: the train id in what this file reads.
    """

    id: int
    category: int
    is_crowd: bool
    area: float | None


@dataclasses.dataclass(frozen=True)
class Annotation:
    """One image's segments, and the PNG that has their ids; `json_path` is named in errors."""

    json_path: str
    file_name: str
    segments: tuple[Segment, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Truth:
    """A truth JSON: the categories as a DatasetInfo, {category id: train id}, {image id: Annotation}."""

    info: dataset.DatasetInfo
    train_ids: Mapping[int, int]
    annotations: Mapping[int | str, Annotation]


def read_truth(json_path: str | os.PathLike[str]) -> Truth:
    """Reads a truth JSON; train ids follow the order of its categories.

    Raises:
      UserError: the file is missing or not of the format.
    """
    content = _json(json_path)
    entries = _required(content, "categories", str(json_path))
    ids = [_required(entry, "id", f"{json_path}: a category") for entry in entries]
    names = [_required(entry, "name", f"{json_path}: category {each}") for each, entry in zip(ids, entries)]
    things = [bool(_required(entry, "isthing", f"{json_path}: category {each}")) for each, entry in zip(ids, entries)]
    _refuse_repeated(ids, f"{json_path}: category")
    if not ids:
        raise errors.UserError(f"{json_path}: `categories` is empty; expected at least one.")
    uses = collections.Counter(names)
    shown = [name if uses[name] == 1 else f"{name} ({each})" for name, each in zip(names, ids)]
    categories = tuple(dataset.Category(name, (0, 0, 0), is_thing) for name, is_thing in zip(shown, things))
    train_ids = {each: index for index, each in enumerate(ids)}
    info = dataset.DatasetInfo(Path(json_path).stem, categories, raw_values=tuple(train_ids.items()))
    return Truth(info, train_ids, _annotations(content, str(json_path), train_ids, is_truth=True))


def read_predictions(json_path: str | os.PathLike[str], truth: Truth) -> dict[int | str, Annotation]:
    """Reads a prediction JSON, {image id: Annotation}, by the categories of the truth.

    Raises:
      UserError: the file is missing or not of the format.
    """
    return _annotations(_json(json_path), str(json_path), truth.train_ids, is_truth=False)


def read_maps(folder: str | os.PathLike[str], annotation: Annotation, info: dataset.DatasetInfo) -> metric.Maps:
    """Reads one image's PNG and checks it against its segments.

    Returns:
      Maps whose semantic map, uint16 [H, W], has each segment's category, crowd regions included, and whose panoptic
      map, int32 [H, W], has 1 for the first segment, 2 for the second ... and 0 for void.

    Raises:
      UserError: the PNG is missing or unreadable, or JSON and PNG disagree.
    """
    path = Path(folder, annotation.file_name)
    panoptic, areas = read_ranks(path, annotation)
    for segment, area in zip(annotation.segments, areas.tolist()):
        if not area:
            raise errors.UserError(
                f"{annotation.json_path}: segment {segment.id} is listed, but no pixel of {path} has its id."
            )
        if segment.area is not None and segment.area != area:
            raise errors.UserError(
                f"{annotation.json_path}: segment {segment.id} of {annotation.file_name} has `area` {segment.area}, "
                f"but {area} pixels in {path}. Areas must be the pixels in the PNG; write the JSON again."
            )
    semantic = np.array([info.void, *(segment.category for segment in annotation.segments)], np.uint16)[panoptic]
    segments = {
        rank: metric.Segment(segment.category, segment.is_crowd) for rank, segment in enumerate(annotation.segments, 1)
    }
    return metric.Maps(semantic, panoptic, segments)


def read_ranks(path: str | os.PathLike[str], annotation: Annotation) -> tuple[np.ndarray, np.ndarray]:
    """Reads one image's PNG.

    Returns:
      int32 [H, W], 1 for the first segment, 2 for the second ... and 0 for void; and the pixels of each segment,
      int64 [N].

    Raises:
      DataError: the PNG is missing or unreadable, or has an id that is neither listed nor void.
    """
    ids = image_files.read_segment_ids(path)
    listed = [segment.id for segment in annotation.segments]
    table = np.zeros(max(int(ids.max(initial=0)), *listed, VOID_ID) + 1, np.int32)
    table[listed] = np.arange(1, len(listed) + 1)
    panoptic = value_tables.look_up(table, ids)
    areas = value_tables.count(panoptic, len(listed) + 1)
    if areas[0] and np.count_nonzero(ids == VOID_ID) < areas[0]:
        unlisted = ids[(panoptic == 0) & (ids != VOID_ID)]
        if unlisted.size:
            first = unlisted.min()
            raise errors.DataError(
                f"{path}: segment {first} is in the PNG, but not listed in {annotation.json_path} "
                f"({np.count_nonzero(unlisted == first)} pixels)."
            )
    return panoptic, areas[1:]


def doubts(
    entry: Mapping[str, object], ranks: np.ndarray, areas: np.ndarray, path: str, shared: Sequence[str] = ()
) -> Iterator[dataset.Finding]:
    """What the JSON says of an image's segments that is not so, but can be used.

    Args:
      entry: of the image in `annotations`, checked.
      ranks, areas: as `read_ranks` gives them.
      path: of the PNG, named in findings.
      shared: the names of PNGs that other images have, too.
    """
    extents = ndimage.find_objects(ranks, len(areas))
    for segment, area, extent in zip(entry["segments_info"], areas.tolist(), extents):
        where = f"{path}: segment {segment['id']}"
        if not area:
            yield dataset.Finding("empty", f"{where} is listed in the JSON, but no pixel has its id.")
            continue
        if segment.get("area", area) != area:
            yield dataset.Finding("area", f"{where} has the `area` {segment['area']} in the JSON, but {area} pixels.")
        rows, columns = extent
        held = [columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start]
        if segment.get("bbox") and not coco_objects.holds(segment["bbox"], held):
            text = f"{where} has the `bbox` {segment['bbox']}, but it fills [x, y, w, h] = {held}."
            yield dataset.Finding("box", text)
    if shared:
        yield dataset.Finding("id", f"{path}: other images have this map, too.")


def annotation_of(
    entry: object, json_path: str, categories: Mapping[int, int], *, is_truth: bool = True
) -> Annotation:
    """The checked entry of one image in `annotations`.

    Args:
      entry: as in the JSON.
      json_path: named in errors.
      categories: category id -> category of a Segment.
      is_truth: predictions have neither crowds nor areas that matter.

    Raises:
      DataError: it lacks a member, lists a segment twice or one of an unknown category.
    """
    where = f"{json_path}: image {_required(entry, 'image_id', f'{json_path}: an annotation')}"
    listed = _required(entry, "segments_info", where)
    if not isinstance(listed, list):
        raise errors.DataError(f"{where}: `segments_info` is {listed!r}; expected a list.")
    segments = tuple(_segment(segment, where, categories, is_truth) for segment in listed)
    _refuse_repeated([segment.id for segment in segments], f"{where}: segment")
    return Annotation(json_path, _required(entry, "file_name", where), segments)


def _annotations(
    content: object, json_path: str, train_ids: Mapping[int, int], *, is_truth: bool
) -> dict[int | str, Annotation]:
    entries = _required(content, "annotations", json_path)
    image_ids = [_required(entry, "image_id", f"{json_path}: an annotation") for entry in entries]
    if not entries:
        raise errors.UserError(f"{json_path}: `annotations` is empty; expected at least one.")
    _refuse_repeated(image_ids, f"{json_path}: image")
    return {
        image_id: annotation_of(entry, json_path, train_ids, is_truth=is_truth)
        for image_id, entry in zip(image_ids, entries)
    }


def _segment(entry: object, where: str, categories: Mapping[int, int], is_truth: bool) -> Segment:
    """A checked entry; predictions have neither crowds nor areas that matter."""
    segment_id = _required(entry, "id", f"{where}: a segment")
    category = _required(entry, "category_id", f"{where}: segment {segment_id}")
    lowest = VOID_ID + 1 if is_truth else VOID_ID
    if not isinstance(segment_id, int) or not lowest <= segment_id <= panoptic_quality.LARGEST_ID:
        raise errors.DataError(
            f"{where}: segment {segment_id} has no possible id; expected {lowest}..{panoptic_quality.LARGEST_ID} "
            f"({VOID_ID} is void)."
        )
    if not isinstance(category, (int, str)) or category not in categories:
        raise errors.DataError(f"{where}: segment {segment_id} has the unknown `category_id` {category}.")
    is_crowd = is_truth and bool(entry.get("iscrowd", 0))
    return Segment(segment_id, categories[category], is_crowd, entry.get("area") if is_truth else None)


def _json(path: str | os.PathLike[str]) -> object:
    try:
        return json.loads(Path(path).read_bytes())
    except FileNotFoundError:
        raise errors.UserError(f"{path}: the file is missing.") from None
    except ValueError as error:
        raise errors.UserError(f"{path}: no JSON ({error}).") from None


def _required(entry: object, key: str, where: str) -> object:
    if not isinstance(entry, dict) or key not in entry:
        raise errors.DataError(f"{where} has no `{key}`; expected the COCO panoptic format.")
    return entry[key]


def _refuse_repeated(values: list, where: str) -> None:
    repeated = [value for value, uses in collections.Counter(values).items() if uses > 1]
    if repeated:
        raise errors.DataError(f"{where} {repeated[0]} is listed more than once.")
