"""Objects that a record lists, one entry each, with an id map, or with a mask of its own for each."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from seg_models import dataset, errors, image_files, labels
from seg_models.raw import overlap
from seg_models.tfds import classes, contents, layouts

BOX_SIDES = 4
# How far, in pixels, a mask may reach out of its box: boxes are rounded in more than one way.
BOX_TOLERANCE = 1.0


@dataclasses.dataclass(frozen=True)
class Segment:
    """One entry. `mask` and `amodal` are encoded; `box` is (ymin, xmin, ymax, xmax) in fractions of the image."""

    identity: int
    label: int
    is_crowd: bool = False
    area: float | None = None
    box: tuple[float, ...] = ()
    mask: bytes = b""
    amodal: bytes = b""
    depth: int | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class IdMap:
    """A map of ids as places in a list of them.

    Attributes:
      identities: sorted, 0 among them.
      places: integer [H, W].
      pixels: identity -> their number.
    """

    identities: list[int]
    places: np.ndarray
    pixels: dict[int, int]

    def painted(self, values: dict[int, int]) -> np.ndarray:
        """int32 [H, W], the value of each pixel's identity; 0, no segment and no instance, where it has none."""
        return np.array([values.get(identity, 0) for identity in self.identities], np.int32)[self.places]


def annotated(example: dataset.Example, record: contents.Record, meaning: contents.Meaning) -> dataset.Example:
    """An example with the objects of its record, and their semantic map where the record has no other."""
    listed = list(_segments(record, meaning))
    if not meaning.layout.instance:
        return _by_masks(example, listed, record, meaning)
    id_map, is_panoptic = _id_map(example, listed, record, meaning)
    objects: list[dataset.Object] = []
    numbers: dict[int, int] = {}
    for segment in listed:
        category = meaning.found.of_labels[segment.label]
        if category is None or not meaning.info.categories[category].is_thing:
            continue
        number = 0
        if segment.identity and id_map.pixels[segment.identity]:
            # Panoptic ids have 24 bits; others stay as they are.
            number = len(numbers) + 1 if is_panoptic else segment.identity
            numbers[segment.identity] = number
        objects.append(_object(segment, category, number, example, record))
    if example.semantic is None:
        values = {segment.identity: meaning.found.raw_of_labels[segment.label] for segment in listed}
        found = labels.of(id_map.painted(values), meaning.info, record.name(meaning.layout.instance))
        example = labels.annotated(example, found)
    found_in = _findings(listed, id_map, record.name(meaning.layout.segments))
    return dataclasses.replace(
        example, instance=id_map.painted(numbers), objects=tuple(objects), findings=(*example.findings, *found_in)
    )


def _segments(record: contents.Record, meaning: contents.Meaning) -> Iterator[Segment]:
    """The entries of a record.

    Raises:
      DataError: the lists of their fields differ in length, an id is there twice, or a label is unknown.
    """
    name = record.name(meaning.layout.segments)

    def field(*names: str) -> list:
        keys = [f"{meaning.layout.segments}/{each}" for each in names]
        return next((record.features[key] for key in keys if record.features.get(key)), [])

    found = field("label")
    boxes = field("bbox")
    columns = {
        "identity": field("id", "instance") or [0] * len(found),
        "label": found,
        "is_crowd": [bool(value) for value in field("is_crowd", "iscrowd")],
        "area": field("area"),
        "box": [tuple(boxes[start : start + BOX_SIDES]) for start in range(0, len(boxes), BOX_SIDES)],
        "mask": field("mask"),
        "amodal": field("amodal_mask"),
        "depth": field("depth"),
    }
    filled = {key: column for key, column in columns.items() if column}
    lengths = {key: len(column) for key, column in filled.items()}
    if len(set(lengths.values())) > 1:
        raise errors.DataError(f"{name}: its fields have different lengths, {lengths}.")
    seen = set()
    for values in zip(*filled.values()):
        segment = Segment(**dict(zip(filled, values)))
        if segment.identity in seen - {0}:
            raise errors.DataError(f"{name}: the id {segment.identity} is there twice.")
        if not 0 <= segment.label < len(meaning.found.of_labels):
            known = f"0..{len(meaning.found.of_labels) - 1}"
            raise errors.DataError(f"{name}: the label {segment.label} of id {segment.identity} is none of {known}.")
        seen.add(segment.identity)
        yield segment


def _id_map(
    example: dataset.Example, listed: Sequence[Segment], record: contents.Record, meaning: contents.Meaning
) -> tuple[IdMap, bool]:
    """The map of ids, and whether it is a panoptic one, in RGB; DataError where an id is not listed."""
    part = meaning.layout.instance
    feature, channel = layouts.part(part)
    encoded = record.encoded(feature)
    is_panoptic = channel is None and image_files.opened(encoded, record.name(part)).mode in ("RGB", "RGBA")
    ids = image_files.read_segment_ids(record.name(part), encoded) if is_panoptic else record.values(part)
    record.check_size(ids, part, example)
    identities = sorted({0, *(segment.identity for segment in listed)})
    known = np.array(identities, np.int32)
    places = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    strange = ids[known[places] != ids]
    if strange.size:
        count = np.count_nonzero(strange == strange[0])
        text = f"the id {strange[0]}, on {count} pixels, is not in `{meaning.layout.segments}`"
        raise errors.DataError(f"{record.name(part)}: {text}.")
    pixels = np.bincount(places.ravel(), minlength=len(known)).tolist()
    return IdMap(identities, places, dict(zip(identities, pixels))), is_panoptic


def _by_masks(
    example: dataset.Example, listed: Sequence[Segment], record: contents.Record, meaning: contents.Meaning
) -> dataset.Example:
    """Objects whose masks may overlap; without a semantic map of its own, the record's is what lies uppermost."""
    objects, shown = [], []
    for segment in listed:
        category = meaning.found.of_labels[segment.label]
        if category is not None and meaning.info.categories[category].is_thing:
            mask = _mask(segment.mask, "mask", example, record)
            objects.append(dataclasses.replace(_object(segment, category, 0, example, record), mask=mask))
            shown.append(segment)
    instance, resolved = overlap.resolve(example.height, example.width, objects)
    if example.semantic is None:
        raw_of_labels = meaning.found.raw_of_labels
        values = np.array([classes.NO_SEGMENT, *(raw_of_labels[segment.label] for segment in shown)], np.int32)
        found = labels.of(values[instance], meaning.info, record.name(meaning.layout.segments))
        example = labels.annotated(example, found)
    return dataclasses.replace(example, instance=instance, objects=resolved)


def _object(
    segment: Segment, category: int, number: int, example: dataset.Example, record: contents.Record
) -> dataset.Object:
    return dataset.Object(
        category,
        number,
        is_crowd=segment.is_crowd,
        amodal=_mask(segment.amodal, "amodal_mask", example, record) if segment.amodal else None,
        depth=segment.depth,
        source_id=segment.identity,
    )


def _mask(encoded: bytes, field: str, example: dataset.Example, record: contents.Record) -> np.ndarray:
    """bool [H, W]: what is not 0 in an encoded mask."""
    if not encoded:
        raise errors.DataError(f"{record.name(field)}: an entry has no mask.")
    mask = image_files.read_raw_mask(record.name(field), encoded) != 0
    record.check_size(mask, field, example)
    return mask


def _findings(listed: Sequence[Segment], id_map: IdMap, name: str) -> Iterator[dataset.Finding]:
    """Entries that say otherwise than the map."""
    height, width = id_map.places.shape
    for segment in listed:
        if not segment.identity:
            continue
        pixels = id_map.pixels[segment.identity]
        who = f"{name}: id {segment.identity}"
        if not pixels:
            yield dataset.Finding("empty", f"{who} has no pixel in the map.")
            continue
        if segment.area is not None and segment.area != pixels:
            yield dataset.Finding("area", f"{who} has {pixels} pixels; its `area` is {segment.area:g}.")
        if segment.box:
            seen = id_map.places == id_map.identities.index(segment.identity)
            rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
            box = np.array(segment.box) * [height, width, height, width]
            reach = max(box[0] - rows[0], box[1] - columns[0], rows[-1] + 1 - box[2], columns[-1] + 1 - box[3])
            if reach > BOX_TOLERANCE:
                yield dataset.Finding("box", f"{who} reaches {reach:.0f} pixels out of its `bbox`.")
