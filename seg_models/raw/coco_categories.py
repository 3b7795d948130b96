"""The categories of a COCO JSON, in the order of their ids; a published table where they are that table's."""

import collections
import functools
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from seg_models import dataset, errors, raw_files
from seg_models.raw import category_table, json_stream

NO_PARENT = "none"


class Categories(NamedTuple):
    """What a JSON says of them.

    Attributes:
      table: the fields of a DatasetInfo; without void.
      names: id -> name as the JSON has it.
    """

    table: category_table.Table
    names: Mapping[int, str]


def read(path: str | os.PathLike[str], published: str = "") -> Categories:
    """The categories of a JSON; the file is read once a process, and again when it changed.

    Args:
      path: of the JSON.
      published: name of a category table whose colours and order are taken if all categories are of it.

    Raises:
      UserError: there are none, or one lacks its id or name or has one twice.
    """
    return _read(Path(path), raw_files.stamp(path), published)


def smallest(paths: list[Path]) -> Path:
    """Of several JSON files with the same categories the one that is read fastest."""
    return min(paths, key=lambda path: (raw_files.stamp(path)[0], path))


@functools.lru_cache(maxsize=8)
def _read(path: Path, stamp: tuple[int, int], published: str) -> Categories:
    entries = list(json_stream.elements(path, "categories"))
    for entry in entries:
        if not isinstance(entry, dict) or type(entry.get("id")) is not int or not _is_name(entry.get("name")):
            raise errors.UserError(f"{path}: a category is {entry}; expected `id`, a number, and `name`, a text.")
    for identity, uses in collections.Counter(entry["id"] for entry in entries).items():
        if uses > 1:
            raise errors.UserError(f"{path}: category {identity} is listed more than once.")
    if not entries:
        raise errors.UserError(f"{path}: `categories` is absent or empty; expected at least one category.")
    names = {entry["id"]: entry["name"] for entry in entries}
    if published:
        table = category_table.read(published)
        known = {raw: table.categories[train_id].name for raw, train_id in table.raw_values if train_id is not None}
        if names.items() <= known.items():
            raw_values = tuple((raw, train_id) for raw, train_id in table.raw_values if train_id is not None)
            return Categories(category_table.Table(table.categories, raw_values), known)
    return Categories(_table(_without_parent(entries)), names)


def _table(entries: list[dict]) -> category_table.Table:
    """Train ids in the order of the ids; a name that several have is told apart by its id."""
    uses = collections.Counter(entry["name"] for entry in entries)
    categories, raw_values = [], []
    for train_id, entry in enumerate(sorted(entries, key=lambda entry: entry["id"])):
        name = entry["name"] if uses[entry["name"]] == 1 else f"{entry['name']} ({entry['id']})"
        color = _color(entry.get("color")) or dataset.palette_color(train_id)
        categories.append(dataset.Category(name, color, bool(entry.get("isthing", 1))))
        raw_values.append((entry["id"], train_id))
    return category_table.Table(tuple(categories), tuple(raw_values))


def _without_parent(entries: list[dict]) -> list[dict]:
    """Leaves out the entry that Roboflow puts first: not a class, but what all the classes are a kind of."""
    kinds = [str(entry.get("supercategory")) for entry in entries]
    parents = set(kinds) - {NO_PARENT}
    return [entry for entry, kind in zip(entries, kinds) if kind != NO_PARENT or {entry["name"]} != parents]


def _color(told: object) -> tuple[int, int, int] | None:
    """[r, g, b] or "#rrggbb"."""
    if isinstance(told, str) and re.fullmatch("#[0-9a-fA-F]{6}", told):
        return tuple(bytes.fromhex(told[1:]))
    if isinstance(told, list) and len(told) == 3 and all(type(part) is int and 0 <= part <= 255 for part in told):
        return tuple(told)
    return None


def _is_name(name: object) -> bool:
    return isinstance(name, str) and bool(name.strip())
