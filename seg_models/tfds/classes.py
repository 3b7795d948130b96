"""The classes of a prepared data set: from the user's class file, of the data set it equals, or its own label names."""

import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path

from seg_models import dataset, errors, registry
from seg_models.raw import class_file
from seg_models.tfds import files, layouts

# The raw value of pixels that belong to no segment, where segments alone make the semantic map.
NO_SEGMENT = 0


@dataclasses.dataclass(frozen=True)
class Classes:
    """The classes.

    Attributes:
      categories, raw_values: as in a DatasetInfo.
      of_labels: the train id, or None for void, of each label that an entry of `segments` may have.
      raw_of_labels: the raw value of each, where segments alone make the semantic map.
      licence, citation, url: of the data set with the same classes.
    """

    categories: tuple[dataset.Category, ...]
    raw_values: tuple[tuple[int, int | None], ...]
    of_labels: tuple[int | None, ...] = ()
    raw_of_labels: tuple[int, ...] = ()
    licence: str = ""
    citation: str = ""
    url: str = ""


def find(
    prepared: files.Prepared, layout: layouts.Layout, path: str | os.PathLike[str] = "", void: Iterable[int] = ()
) -> Classes:
    """The classes.

    Args:
      prepared: the data set.
      layout: its features.
      path: of a class file; "": there is none.
      void: map values that nothing counts, beside those known to be void.
    """
    known = layouts.ready(prepared)
    if path:
        read = class_file.read(Path(path))
        found = Classes(read.categories, read.raw_values)
    elif known and (layout.semantic, layout.segments) == (known.layout.semantic, known.layout.segments):
        found = _like(known)
    else:
        found = _named(prepared, layout)
    if layout.segments:
        found = _with_labels(found, prepared, layout)
    return _voided(found, set(void)) if void else found


def _like(known: layouts.Ready) -> Classes:
    """The classes of the data set that a builder equals."""
    module = registry.find("seg_models.datasets", known.like)
    info = dataset.info_of(module, module.Config())
    about = {"licence": info.licence, "citation": info.citation, "url": info.url}
    if not known.things_only:
        return Classes(info.categories, info.raw_values, **about)
    things = tuple(category for category in info.categories if category.is_thing)
    return Classes(things, ((0, None), *((place + 1, place) for place in range(len(things)))), **about)


def _named(prepared: files.Prepared, layout: layouts.Layout) -> Classes:
    """Classes by the names, or the number, of a feature's labels."""
    name = layouts.part(layout.semantic)[0] or f"{layout.segments}/label"
    feature = prepared.features[name]
    names = feature.names or tuple(f"class {value}" for value in range(feature.num_classes))
    if not names:
        raise errors.UserError(
            f"The feature `{name}` of {prepared.builder} does not say what its values mean. Write a class file "
            "(`classes: [road, car]`, `void: [255]`, as for the data set `folder`) and give it: --classes FILE."
        )
    # Which of them are countable nobody said; where there are instances, these make the difference.
    is_thing = bool(layout.instance or layout.segments)
    categories = tuple(dataset.Category(each, dataset.palette_color(i), is_thing) for i, each in enumerate(names))
    return Classes(categories, tuple((value, value) for value in range(len(names))))


def _with_labels(found: Classes, prepared: files.Prepared, layout: layouts.Layout) -> Classes:
    """Classes with the meaning of the labels of segments, which go by name where they have names."""
    feature = prepared.features[f"{layout.segments}/label"]
    places = {category.name: place for place, category in enumerate(found.categories)}
    if feature.names:
        unknown = [name for name in feature.names if name not in places]
        if unknown:
            where = f"the classes, but `{layout.segments}/label` of {prepared.builder} has it"
            raise errors.UserError(registry.unknown(where, unknown[0], places))
        of_labels = tuple(places[name] for name in feature.names)
    else:
        of_labels = tuple(range(len(found.categories)))
    raw_of = {train_id: value for value, train_id in reversed(found.raw_values)}
    if layout.semantic or (NO_SEGMENT, None) in found.raw_values:
        raw_of_labels = tuple(raw_of[train_id] for train_id in of_labels)
        return dataclasses.replace(found, of_labels=of_labels, raw_of_labels=raw_of_labels)
    raw_of_labels = tuple(NO_SEGMENT + 1 + label for label in range(len(of_labels)))
    raw_values = ((NO_SEGMENT, None), *zip(raw_of_labels, of_labels))
    return dataclasses.replace(found, raw_values=raw_values, of_labels=of_labels, raw_of_labels=raw_of_labels)


def _voided(found: Classes, void: set[int]) -> Classes:
    """Classes without those of which every value is void now."""
    raw_values = {**dict(found.raw_values), **dict.fromkeys(void)}
    used = sorted({train_id for train_id in raw_values.values() if train_id is not None})
    new = {None: None, **{old: place for place, old in enumerate(used)}}
    return dataclasses.replace(
        found,
        categories=tuple(found.categories[old] for old in used),
        raw_values=tuple((value, new[train_id]) for value, train_id in sorted(raw_values.items())),
        of_labels=tuple(new.get(train_id) for train_id in found.of_labels),
    )
