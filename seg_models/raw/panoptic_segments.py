"""A COCO panoptic map as the semantic map and the objects of an Example, and back from a record.

Beside a semantic map of its own, which counts, the segments add which things there are, and which are crowds.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from seg_models import dataset, image_files, labels
from seg_models.raw import coco_panoptic, instance_values


class Source(NamedTuple):
    """A panoptic map of one image.

    Attributes:
      path, json_path, image_path: of the PNG, of the JSON that names it, and of the image.
      entry: of the image, in `annotations` of the JSON.
      raw_values: category id -> raw value of a semantic map.
      shared: the names of PNGs that other images have, too.
    """

    path: str
    json_path: str
    image_path: str
    entry: object
    raw_values: Mapping[int, int]
    shared: Sequence[str] = ()


def annotated(example: dataset.Example, source: Source, info: dataset.DatasetInfo) -> dataset.Example:
    """An example with the objects of a panoptic map, and with the semantic map in it where it has none so far.

    Raises:
      DataError: PNG, JSON, image and classes contradict each other.
    """
    segments = _segments(source)
    ranks, areas = coco_panoptic.read_ranks(source.path, segments)
    image_files.check_same_size(ranks, example.height, example.width, source.path, source.image_path)
    if example.raw is None:
        void = next(raw for raw, train_id in info.raw_values if train_id is None)
        raw = np.array([void, *(segment.category for segment in segments.segments)], np.int32)[ranks]
        example = labels.annotated(example, labels.of(raw, info, source.path))
    example = instance_values.with_objects(example, ranks, _coding(segments, info), info, source.path)
    doubts = coco_panoptic.doubts(source.entry, ranks, areas, source.path, source.shared)
    return dataclasses.replace(example, findings=(*example.findings, *doubts))


def restored(example: dataset.Example, source: Source, info: dataset.DatasetInfo) -> np.ndarray:
    """The panoptic map of an example from a record, int32 [H, W], as `image_files.read_raw_mask` reads it."""
    segments = _segments(source)
    ids = np.array([coco_panoptic.VOID_ID, *(segment.id for segment in segments.segments)], np.int32)
    ids = ids[instance_values.restored(example, _coding(segments, info))]
    # In the file red is the lowest byte of an id; among raw values it is the highest.
    return (ids & 255) << 16 | ids & 0xFF00 | ids >> 16


def _segments(source: Source) -> coco_panoptic.Annotation:
    """The segments, whose category is a raw value."""
    return coco_panoptic.annotation_of(source.entry, source.json_path, source.raw_values)


def _coding(annotation: coco_panoptic.Annotation, info: dataset.DatasetInfo) -> instance_values.Coding:
    """Segments by their place in the list, from 1, as ids may have 24 bits; stuff mostly has one segment a class."""
    thing_ids, train_ids = set(info.thing_ids), dict(info.raw_values)
    meanings, plain = {}, {}
    for rank, segment in enumerate(annotation.segments, 1):
        meanings[rank] = instance_values.Meaning(segment.category, segment.is_crowd, segment.id)
        if train_ids[segment.category] not in thing_ids:
            plain.setdefault(segment.category, rank)
    return instance_values.Coding(meanings, plain)
