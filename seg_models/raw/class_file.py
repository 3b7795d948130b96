"""classes.yaml, in which a user names the classes of the own masks.

    name: my_streets           # optional
    classes:                   # in the order of the train ids
      - name: road
        id: 0                  # value in the masks, or a list of values
      - name: car
        color: [255, 0, 0]     # without `id`: the colour in RGB masks; with it: the colour in pictures
    things: [car]              # optional: the countable ones
    void: [255, [0, 0, 0]]     # optional: values or colours that nothing counts

A class may be a bare name; its value is then its place in the list.
"""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from seg_models import dataset, errors, raw_files, registry

KEYS = ("name", "classes", "things", "void")
CLASS_KEYS = ("name", "id", "color")
TEXT = "a name (in quotes where YAML takes it for something else)"


@dataclasses.dataclass(frozen=True)
class ClassFile:
    """What the file says; fields as in DatasetInfo, `name` empty where it is not given."""

    name: str
    categories: tuple[dataset.Category, ...]
    raw_values: tuple[tuple[int, int | None], ...]


def read(path: Path) -> ClassFile:
    """Reads and checks a class file; every mistake in it is a UserError that names the file and the fix."""
    content = _content(path)
    entries = [_entry(entry, index, path) for index, entry in enumerate(content["classes"])]
    names = [name for name, _, _ in entries]
    things = _list(content.get("things"), "things", path)
    for thing in things:
        if thing not in names:
            raise errors.UserError(f"{path}: `things`: {registry.unknown('the classes', str(thing), names)}")
    void = [_value(value, "void", path) for value in _list(content.get("void"), "void", path)]
    _check_once(names, f"{path}: the class name", "Names are unique; rename one.")
    meanings = [(raw, index) for index, (_, values, _) in enumerate(entries) for raw in values]
    meanings += [(raw, None) for raw in void]
    _check_once([raw for raw, _ in meanings], f"{path}: the value", "A value has one meaning: one class or void.")
    categories = tuple(dataset.Category(name, color, name in things) for name, _, color in entries)
    raw_values = tuple(sorted(meanings, key=lambda meaning: meaning[0]))
    return ClassFile(str(content.get("name") or ""), categories, raw_values)


def _content(path: Path) -> dict[str, Any]:
    """The file as a mapping whose keys are known and whose `classes` is a list with something in it."""
    if not raw_files.exists(path):
        raise errors.UserError(
            f"{path}: the file is missing. It names the classes of the masks; the shortest is "
            "`classes: [background, cell]`, where background has the value 0 and cell 1."
        )
    try:
        with raw_files.open(path) as file:
            content = yaml.safe_load(file.read().decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise errors.UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise errors.UserError(f"{path}: expected `classes:` with a list of classes, got {type(content).__name__}.")
    _check_keys(content, KEYS, str(path))
    if not isinstance(content.get("classes"), list) or not content["classes"]:
        raise errors.UserError(f"{path}: `classes` is no list with at least one class: `classes: [background, cell]`.")
    return content


def _entry(entry: Any, index: int, path: Path) -> tuple[str, tuple[int, ...], tuple[int, int, int]]:
    """Name, raw values and colour of one class."""
    if isinstance(entry, str):
        return entry, (index,), dataset.palette_color(index)
    where = f"{path}: class {index + 1}"
    if not isinstance(entry, dict):
        raise errors.UserError(f"{where} is `{entry}`; expected {TEXT}, or `name:` with `id:` or `color:`.")
    _check_keys(entry, CLASS_KEYS, where)
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise errors.UserError(f"{where}: `name` is `{name}`; expected {TEXT}.")
    color = entry.get("color")
    if color is not None and not _is_color(color):
        raise errors.UserError(f"{where}, {name}: `color` is `{color}`; expected [red, green, blue], each in 0..255.")
    ids = entry.get("id", [color] if color is not None else None)
    if ids is None:
        raise errors.UserError(f"{where}, {name}: neither `id` nor `color` says how the masks show it; give one.")
    values = tuple(_value(value, f"id of {name}", path) for value in (ids if isinstance(ids, list) else [ids]))
    return name, values, dataset.palette_color(index) if color is None else tuple(color)


def _value(value: Any, key: str, path: Path) -> int:
    """A raw value, from itself or from a colour."""
    if _is_color(value):
        return value[0] * 65536 + value[1] * 256 + value[2]
    if type(value) is not int or not 0 <= value < 65536:
        raise errors.UserError(f"{path}: `{key}` has `{value}`; expected a number in 0..65535 or a colour [r, g, b].")
    return value


def _is_color(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(type(part) is int and 0 <= part <= 255 for part in value)


def _list(value: Any, key: str, path: Path) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise errors.UserError(f"{path}: `{key}` is `{value}`; expected a list: `{key}: [{value}]`.")
    return value or []


def _check_keys(content: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in content:
        if key not in known:
            raise errors.UserError(f"{where}: {registry.unknown('its keys', str(key), known)}")


def _check_once(values: Iterable[object], what: str, fix: str) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise errors.UserError(f"{what} `{value}` stands twice. {fix}")
        seen.add(value)
