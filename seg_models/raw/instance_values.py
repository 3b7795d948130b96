"""Maps in which one value says class and instance, such as 26003: car 3; into objects and, value by value, back.

An item has such a map in the role "instance", a semantic map in the role "mask", or both. What objects and `raw` do not
tell is kept in Example.maps[REST]: instance numbers on what is no thing here, and pixels of another class than in the
semantic map, which is the one that counts.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from seg_models import dataset, errors, image_files, labels, value_tables

# Holds value + 1 where the map has a value that does not follow from the rest of the Example; 0 elsewhere.
REST = "instance_values"


@dataclasses.dataclass(frozen=True)
class Meaning:
    """What one value of a map says: the label, a raw value of the semantic map, and what object it is of a thing."""

    label: int
    is_crowd: bool
    source_id: int


@dataclasses.dataclass(frozen=True)
class Coding:
    """How to read a map.

    Attributes:
      meanings: value -> what it says.
      plain: label -> the value of its pixels that are no object.
    """

    meanings: Mapping[int, Meaning]
    plain: Mapping[int, int]


@dataclasses.dataclass(frozen=True)
class Numbering:
    """How a map makes one value of label and number.

    Attributes:
      divisor: value = label * divisor + number.
      bare_labels: whether a label without a number stands for itself, as 26 does beside 26003.
      from_zero: whether the number 0 is an instance, not the lack of a number.
    """

    divisor: int
    bare_labels: bool = False
    from_zero: bool = False

    def labels(self, values: np.ndarray) -> np.ndarray:
        """The labels in values: int32 [H, W] both."""
        found = values // self.divisor
        return np.where(values < self.divisor, values, found) if self.bare_labels else found

    def coding(self, values: Iterable[int], info: dataset.DatasetInfo) -> Coding:
        """What the values say; a thing's pixels without a number are a crowd, of which none was told apart."""
        plain = {label: label if self.bare_labels else label * self.divisor for label, _ in info.raw_values}
        meanings = {}
        for value in values:
            label = int(self.labels(np.int32(value)))
            meanings[value] = Meaning(label, value == plain.get(label) and not self.from_zero, value)
        return Coding(meanings, plain)


CITYSCAPES = Numbering(1000, bare_labels=True)
KITTI = Numbering(256)
MAPILLARY = Numbering(256, from_zero=True)


def load(
    example: dataset.Example, item: dataset.Item, numbering: Numbering, info: dataset.DatasetInfo
) -> dataset.Example:
    """An example, so far its image alone, with the maps of its item; as it is where the item has none."""
    roles = dict(item.paths)
    if "mask" in roles:
        mask = labels.read(roles["mask"], info)
        _check_size(mask.raw, example, "mask", roles)
        example = labels.annotated(example, mask)
    if "instance" not in roles:
        return example
    values = image_files.read_raw_mask(roles["instance"])
    _check_size(values, example, "instance", roles)
    return annotated(example, values, numbering, info, roles["instance"])


def annotated(
    example: dataset.Example, values: np.ndarray, numbering: Numbering, info: dataset.DatasetInfo, path: str
) -> dataset.Example:
    """An example with the objects of a map, and with the semantic map in its labels where it has none so far.

    Args:
      example: an image, perhaps with a semantic map.
      values: int32 [H, W], labels and numbers.
      numbering: of the map.
      info: says which labels are things.
      path: of the map, named in errors and findings.

    Raises:
      DataError: the map is RGB, or a label is not listed.
    """
    if values.max(initial=0) >= dataset.VOID_16:
        raise errors.DataError(f"{path}: an instance map is an 8- or 16-bit PNG with one channel; this one is RGB.")
    if example.raw is None:
        example = labels.annotated(example, labels.of(numbering.labels(values), info, path))
    found = np.flatnonzero(value_tables.count(values)).tolist()
    return with_objects(example, values, numbering.coding(found, info), info, path)


def with_objects(
    example: dataset.Example, values: np.ndarray, coding: Coding, info: dataset.DatasetInfo, path: str
) -> dataset.Example:
    """As `annotated`, of values int32 [H, W], 0..65534; one without a meaning is no object and fits every label."""
    train_ids = dict(info.raw_values)
    size = int(values.max(initial=0)) + 1
    label_of, number_of, is_told = np.full(size, -1, np.int32), np.zeros(size, np.int32), np.zeros(size, bool)
    objects: list[dataset.Object] = []
    for value, meaning in sorted(coding.meanings.items()):
        if meaning.label not in train_ids:
            pixels = f"on {np.count_nonzero(values == value)} pixels"
            raise errors.DataError(f"{path}: value {value} {pixels} is of label {meaning.label}, which is not listed.")
        if value >= size:
            continue
        category = train_ids[meaning.label]
        label_of[value], is_told[value] = meaning.label, coding.plain.get(meaning.label) == value
        if category is not None and info.categories[category].is_thing:
            number_of[value], is_told[value] = len(objects) + 1, True
            objects.append(dataset.Object(category, len(objects) + 1, meaning.is_crowd, source_id=meaning.source_id))
    said = value_tables.look_up(label_of, values)
    agree = (said == example.raw) | (said < 0)
    instance = value_tables.look_up(number_of, values)
    findings = example.findings
    if not agree.all():
        instance[~agree] = 0
        findings = (*findings, _differing(~agree, path))
    seen = value_tables.count(instance, len(objects) + 1)
    things = tuple(thing for thing in objects if seen[thing.instance])
    example = dataclasses.replace(example, instance=instance, objects=things, findings=findings)
    # Of these pixels no object tells the value, and perhaps not the label either.
    doubtful = ~(value_tables.look_up(is_told, values) & agree)
    left = values[doubtful]
    left = np.where(_plain(example.raw[doubtful], coding) == left, 0, left + 1)
    if not left.any():
        return example
    rest = np.zeros_like(values)
    rest[doubtful] = left
    return dataclasses.replace(example, maps={**example.maps, REST: rest})


def restore(
    example: dataset.Example, item: dataset.Item, numbering: Numbering, info: dataset.DatasetInfo
) -> Iterator[tuple[str, np.ndarray]]:
    """The map files of an item, as (path, values int32 [H, W]), from its record."""
    for role, path in item.paths:
        if role == "mask" and example.raw is not None:
            yield path, example.raw
        if role == "instance" and example.raw is not None:
            coding = numbering.coding([thing.source_id for thing in example.objects], info)
            yield path, restored(example, coding)


def restored(example: dataset.Example, coding: Coding) -> np.ndarray:
    """The map, int32 [H, W], that `with_objects` was given, of an example from a record."""
    told, rest = _told(example, coding), example.maps.get(REST)
    return told if rest is None else np.where(rest > 0, rest.astype(np.int32) - 1, told)


def _told(example: dataset.Example, coding: Coding) -> np.ndarray:
    """The map as objects and `raw` tell it: int32 [H, W]."""
    value_of = {meaning.source_id: value for value, meaning in coding.meanings.items()}
    values = np.zeros(max((thing.instance for thing in example.objects), default=0) + 1, np.int32)
    for thing in example.objects:
        values[thing.instance] = value_of[thing.source_id]
    return np.where(example.instance > 0, values[example.instance], _plain(example.raw, coding))


def _plain(raw: np.ndarray, coding: Coding) -> np.ndarray:
    """The values, int32, of pixels that are no object, from their labels, integers of the same shape; 0 without one."""
    # A search, as labels may be any numbers.
    known = np.array(sorted({-1: 0, **coding.plain}.items()), np.int64)
    places = np.minimum(np.searchsorted(known[:, 0], raw), len(known) - 1)
    return np.where(known[places, 0] == raw, known[places, 1], 0).astype(np.int32)


def _differing(differing: np.ndarray, path: str) -> dataset.Finding:
    """The finding that a map has other labels than the semantic map, at bool [H, W]."""
    row, column = (int(place[0]) for place in np.nonzero(differing))
    return dataset.Finding(
        "category",
        f"{path}: {np.count_nonzero(differing)} pixels are of another class than in the semantic map, which counts; "
        f"the first at row {row}, column {column}.",
    )


def _check_size(values: np.ndarray, example: dataset.Example, role: str, roles: Mapping[str, str]) -> None:
    image_files.check_same_size(values, example.height, example.width, roles[role], roles["image"])
