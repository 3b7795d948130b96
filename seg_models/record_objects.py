"""The objects and the segments of an Example in a record, as parallel lists; seg_models/records.py has the rest.

    image/object/bbox/*     fractions of the image, of what is seen
    image/object/mask       PNG of 1 bit: 1 is the object
    image/segment/*         the panoptic map's regions: category, instance (0: the category's rest), area, box in pixels
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import ndimage

from seg_models import dataset, example_message, image_files, image_structure, places, value_tables

SIDES = ("ymin", "xmin", "ymax", "xmax")
LABEL = "image/object/class/label"
CROWD = "image/object/is_crowd"
AREA = "image/object/area"
BOX = tuple(f"image/object/bbox/{side}" for side in SIDES)
MASK = "image/object/mask"
INSTANCE = "image/object/instance"
# 1 where the mask is more than the pixels that the instance map gives the object.
OVERLAPS = "image/object/overlaps"
AMODAL = "image/object/amodal_mask"
DEPTH = "image/object/depth"
OCCLUSION = "image/object/occlusion"
ANNOTATOR = "image/object/annotator"
NAME = "image/object/name"
SOURCE_ID = "image/object/source_id"
SEGMENT_CATEGORY = "image/segment/category"
SEGMENT_INSTANCE = "image/segment/instance"
SEGMENT_CROWD = "image/segment/is_crowd"
SEGMENT_AREA = "image/segment/area"
SEGMENT_BOX = tuple(f"image/segment/bbox/{side}" for side in SIDES)

NOT_ANNOTATED = -1
NO_BOX = (0, 0, 0, 0)

Box = tuple[int, int, int, int]
Features = dict[str, example_message.Value]


def encode(example: dataset.Example) -> Features:
    """The lists of an Example's objects and segments; none where it has no instance map and no object."""
    if example.instance is None and not example.objects:
        return {}
    regions = _Regions(example)
    features = _objects(example, regions)
    if example.instance is not None and example.semantic is not None:
        features.update(_segments(example, regions))
    return features


def decode(features: dict[str, list]) -> Iterator[dataset.Object]:
    """The objects in a parsed record."""
    labels = features.get(LABEL, [])
    nothing = [NOT_ANNOTATED] * len(labels)

    def listed(key: str, default: Sequence[object]) -> Sequence[object]:
        return features.get(key) or default

    amodal, names = (listed(key, [b""] * len(labels)) for key in (AMODAL, NAME))
    depths, occlusions = listed(DEPTH, nothing), listed(OCCLUSION, nothing)
    annotators, sources, overlaps = (listed(key, [0] * len(labels)) for key in (ANNOTATOR, SOURCE_ID, OVERLAPS))
    for index, category in enumerate(labels):
        yield dataset.Object(
            category=category,
            instance=features[INSTANCE][index],
            is_crowd=bool(features[CROWD][index]),
            mask=_decoded(features[MASK][index]) if overlaps[index] else None,
            amodal=_decoded(amodal[index]) if amodal[index] else None,
            depth=depths[index] if depths[index] != NOT_ANNOTATED else None,
            occlusion=occlusions[index] if occlusions[index] != NOT_ANNOTATED else None,
            annotator=annotators[index],
            name=names[index].decode(),
            source_id=sources[index],
        )


class _Regions:
    """The panoptic map's regions, numbered from 1: the objects in their order, then each category's other pixels.

    Attributes:
      map: uint16 or int32 [H, W]; 0 is void, or no instance where there are no classes.
      places: of each region, its rows and columns; None where it has no pixel.
      areas: pixels of each number.
    """

    def __init__(self, example: dataset.Example) -> None:
        count = len(example.objects)
        void = dataset.VOID if example.semantic is None or example.semantic.dtype == np.uint8 else dataset.VOID_16
        # Narrow numbers make quick passes.
        dtype = np.uint16 if count + void < dataset.VOID_16 else np.int32
        self.map = np.zeros((example.height, example.width), dtype)
        if example.semantic is not None:
            numbers = np.arange(count + 1, count + void + 2, dtype=dtype)
            numbers[void] = 0
            self.map = value_tables.look_up(numbers, example.semantic)
        if example.instance is not None and count:
            numbers = np.zeros(int(example.instance.max(initial=0)) + 1, dtype)
            for number, thing in enumerate(example.objects, 1):
                if thing.instance:
                    numbers[thing.instance] = number
            instance = value_tables.look_up(numbers, example.instance)
            np.copyto(self.map, instance, where=instance > 0)
        found = ndimage.find_objects(self.map)
        self.places = [*found, *[None] * (count - len(found))]
        self.areas = value_tables.count(self.map, count + 1).tolist()


def _objects(example: dataset.Example, regions: _Regions) -> Features:
    objects = example.objects
    visible = list(_visible(example, regions))
    features: Features = {
        LABEL: [thing.category for thing in objects],
        CROWD: [int(thing.is_crowd) for thing in objects],
        INSTANCE: [thing.instance for thing in objects],
        AREA: [float(area) for area, _, _ in visible],
        MASK: [png for _, _, png in visible],
    }
    size = np.array([example.height, example.width] * 2, np.float64)
    fractions = np.array([box for _, box, _ in visible], np.float64).reshape(-1, 4) / size
    features.update((key, side.tolist()) for key, side in zip(BOX, fractions.T))
    # What is not annotated of any object has no list at all.
    features.update(
        (key, values)
        for key, values, absent in (
            (OVERLAPS, [int(thing.mask is not None) for thing in objects], 0),
            (AMODAL, [_amodal(example, thing) for thing in objects], b""),
            (DEPTH, [NOT_ANNOTATED if thing.depth is None else thing.depth for thing in objects], NOT_ANNOTATED),
            (OCCLUSION, [float(NOT_ANNOTATED if each.occlusion is None else each.occlusion) for each in objects], -1.0),
            (ANNOTATOR, [thing.annotator for thing in objects], 0),
            (NAME, [thing.name.encode() for thing in objects], b""),
            (SOURCE_ID, [thing.source_id for thing in objects], 0),
        )
        if any(value != absent for value in values)
    )
    return features


def _visible(example: dataset.Example, regions: _Regions) -> Iterator[tuple[int, Box, bytes]]:
    """(area, box, mask PNG) of what is seen of each object."""
    size = example.height, example.width
    for number, (thing, place) in enumerate(zip(example.objects, regions.places), 1):
        if thing.mask is not None:
            place = places.of(thing.mask)
            part = thing.mask[place]
            yield int(np.count_nonzero(part)), _sides(place), image_structure.encode_mask(part, place, *size)
        elif place is None:
            yield 0, NO_BOX, image_structure.encode_mask(np.zeros((0, 0), bool), places.NOWHERE, *size)
        else:
            part = regions.map[place] == number
            yield regions.areas[number], _sides(place), image_structure.encode_mask(part, place, *size)


def _amodal(example: dataset.Example, thing: dataset.Object) -> bytes:
    if thing.amodal is None:
        return b""
    place = places.of(thing.amodal)
    return image_structure.encode_mask(thing.amodal[place], place, example.height, example.width)


def _segments(example: dataset.Example, regions: _Regions) -> Features:
    """The regions of the panoptic map: instances, and what is left of each category."""
    objects = example.objects
    numbers = [number for number, place in enumerate(regions.places, 1) if place]
    things = [objects[number - 1] if number <= len(objects) else None for number in numbers]
    boxes = [_sides(regions.places[number - 1]) for number in numbers]
    return {
        SEGMENT_CATEGORY: [
            number - len(objects) - 1 if thing is None else thing.category for number, thing in zip(numbers, things)
        ],
        SEGMENT_INSTANCE: [0 if thing is None else thing.instance for thing in things],
        SEGMENT_CROWD: [int(thing is not None and thing.is_crowd) for thing in things],
        SEGMENT_AREA: [regions.areas[number] for number in numbers],
        **{key: [box[side] for box in boxes] for side, key in enumerate(SEGMENT_BOX)},
    }


def _decoded(png: bytes) -> np.ndarray:
    return image_files.decode(png).astype(bool)


def _sides(place: places.Place) -> Box:
    rows, columns = place
    return rows.start, columns.start, rows.stop, columns.stop
