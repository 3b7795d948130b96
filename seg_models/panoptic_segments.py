"""Panoptic truth beside a semantic map: a PNG of segment ids and, in JSON, what each segment is. Objects and back.

The semantic map says the class of every pixel, so the segments add which things there are, and which are crowds.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from seg_models import dataset, errors, image_files, instance_values

# Of pixels that belong to no segment.
NO_SEGMENT = 0


class Segment(NamedTuple):
    """One entry of `segments_info`; label is a raw value of the semantic map, area and box None where not told."""

    id: int
    label: int
    is_crowd: bool
    area: float | None
    box: Sequence[float] | None


def segments(annotation: Mapping[str, object], labels: Mapping[object, int], path: str) -> list[Segment]:
    """The segments of one image.

    Args:
      annotation: the image's entry in `annotations`.
      labels: category id -> label.
      path: of the JSON file, named in errors.

    Raises:
      DataError: an entry lacks a member, has a category that is not listed, or the id of another.
    """
    found: dict[int, Segment] = {}
    for entry in annotation.get("segments_info", ()):
        try:
            label = labels[entry["category_id"]]
            segment = Segment(entry["id"], label, bool(entry.get("iscrowd")), entry.get("area"), entry.get("bbox"))
        except (KeyError, TypeError, AttributeError) as error:
            raise errors.DataError(
                f"{path}: a segment of `{annotation.get('file_name')}` is {entry}; expected `id` and a `category_id` "
                f"that is listed among the categories ({type(error).__name__}: {error})."
            ) from None
        if segment.id in found:
            raise errors.DataError(f"{path}: two segments of `{annotation.get('file_name')}` have the id {segment.id}.")
        found[segment.id] = segment
    return list(found.values())


def annotated(
    example: dataset.Example, listed: Sequence[Segment], info: dataset.DatasetInfo, path: str, json_path: str
) -> dataset.Example:
    """An example, which has its semantic map, with the objects of a panoptic map.

    Args:
      example: with `raw`.
      listed: its segments.
      info: says which labels are things.
      path: of the PNG of segment ids.
      json_path: named in errors and findings.

    Raises:
      DataError: the PNG is none of ids, has not the image's size, or has an id that the JSON lacks.
    """
    ids = image_files.read_segment_ids(path)
    image_files.check_same_size(ids, example.height, example.width, path, example.key)
    place_of = np.full(max([int(ids.max(initial=0)), *(segment.id for segment in listed)]) + 1, -1, np.int32)
    place_of[NO_SEGMENT] = 0
    place_of[[segment.id for segment in listed]] = np.arange(1, len(listed) + 1)
    places = place_of[ids]
    if places.min(initial=0) < 0:
        value = int(ids[places < 0][0])
        pixels = int(np.count_nonzero(ids == value))
        raise errors.DataError(f"{path}: id {value} on {pixels} pixels is not among the segments in {json_path}.")
    example = instance_values.with_objects(example, places, _coding(listed, info), info, path)
    doubts = _doubts(places, listed, f"{json_path}: `{example.key}`:")
    return dataclasses.replace(example, findings=(*example.findings, *doubts))


def restored(example: dataset.Example, listed: Sequence[Segment], info: dataset.DatasetInfo) -> np.ndarray:
    """The map of segment ids, int32 [H, W], of an example from a record."""
    ids = np.array([NO_SEGMENT, *(segment.id for segment in listed)], np.int32)
    return ids[instance_values.restored(example, _coding(listed, info))]


def _coding(listed: Sequence[Segment], info: dataset.DatasetInfo) -> instance_values.Coding:
    """Segments by their place in the list, from 1, as ids may have 24 bits; stuff has one segment a class."""
    things = {raw for raw, train_id in info.raw_values if train_id in info.thing_ids}
    meanings, plain = {}, {}
    for place, segment in enumerate(listed, 1):
        meanings[place] = instance_values.Meaning(segment.label, segment.is_crowd, segment.id)
        if segment.label not in things:
            plain.setdefault(segment.label, place)
    return instance_values.Coding(meanings, plain)


def _doubts(places: np.ndarray, listed: Sequence[Segment], where: str) -> list[dataset.Finding]:
    """What the JSON says of segments that their pixels, places int32 [H, W], do not bear out."""
    found = []
    pixels = np.bincount(places.ravel(), minlength=len(listed) + 1).tolist()
    for place, segment in enumerate(listed, 1):
        if not pixels[place]:
            found.append(dataset.Finding("empty", f"{where} segment {segment.id} has no pixels."))
        elif segment.area is not None and segment.area != pixels[place]:
            text = f"{where} segment {segment.id} has the area {segment.area} in the JSON and {pixels[place]} pixels."
            found.append(dataset.Finding("area", text))
        if pixels[place] and segment.box:
            rows, columns = np.nonzero(places == place)
            extent = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            x, y, width, height = segment.box
            if x > extent[0] or y > extent[1] or x + width < extent[2] or y + height < extent[3]:
                sides = ", ".join(str(side) for side in extent)
                text = f"{where} segment {segment.id} has the box {segment.box}, but its pixels lie in {sides}."
                found.append(dataset.Finding("box", text))
    return found
