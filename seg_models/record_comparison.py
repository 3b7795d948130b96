"""A record against its source, value by value: what it holds, and the source files that can be rebuilt from it."""

import dataclasses
from collections.abc import Iterator, Mapping
from types import ModuleType

import numpy as np

from seg_models import dataset, errors, image_files

# What serves encoding and counting alone, and is no part of a record.
PASSING = ("instance_png", "raw_histogram", "semantic_png")


def differences(stored: dataset.Example, source: dataset.Example) -> Iterator[str]:
    """Every field in which a decoded record is not its source, as the predicate of a sentence."""
    for field in dataclasses.fields(dataset.Example):
        if field.name not in PASSING:
            yield from _differences(getattr(stored, field.name), getattr(source, field.name), f"`{field.name}`")


def rebuilt(
    module: ModuleType, config: object, item: dataset.Item, stored: dataset.Example
) -> Iterator[tuple[str, str]]:
    """(path, difference) of every source map that can be rebuilt from a record; "" where it is the same.

    A data set without `restore` gives back the map with the role "mask", where it has one.

    Raises:
      DataError: a source map cannot be read.
    """
    try:
        maps = list(_restored(module, config, item, stored))
    except errors.DataError:
        raise
    # A record that was tampered with may lack anything that rebuilding needs.
    except Exception as error:
        yield item.key, f"its source maps cannot be rebuilt ({type(error).__name__}: {error})"
        return
    for path, values in maps:
        found = _array_differences(np.asarray(values), image_files.read_raw_mask(path), "the map rebuilt from it")
        yield path, next(found, "")


def _restored(
    module: ModuleType, config: object, item: dataset.Item, stored: dataset.Example
) -> Iterator[tuple[str, np.ndarray]]:
    if hasattr(module, "restore"):
        yield from module.restore(config, item, stored)
    elif stored.raw is not None and "mask" in dict(item.paths):
        yield item.path("mask"), stored.raw


def _differences(stored: object, source: object, name: str) -> Iterator[str]:
    """Differences of two values of any kind that an Example has."""
    if stored is None and source is None:
        return
    if stored is None or source is None:
        yield f"{name} is {'missing' if stored is None else 'there, but not in the source'}"
    elif isinstance(source, np.ndarray) or isinstance(stored, np.ndarray):
        yield from _array_differences(np.asarray(stored), np.asarray(source), name)
    elif isinstance(source, bytes):
        yield from _bytes_differences(stored, source, name)
    elif isinstance(source, Mapping):
        for key in sorted({*stored, *source}):
            yield from _differences(stored.get(key), source.get(key), f"{name} {key}")
    elif isinstance(source, tuple):
        if len(stored) != len(source):
            yield f"{name} are {len(stored)}, not {len(source)}"
        for index, (one, other) in enumerate(zip(stored, source)):
            yield from _differences(one, other, f"{name} {index}")
    elif dataclasses.is_dataclass(source):
        for field in dataclasses.fields(source):
            yield from _differences(getattr(stored, field.name), getattr(source, field.name), f"{name} `{field.name}`")
    elif stored != source and not _same_float(stored, source):
        yield f"{name} is {stored!r}, not {source!r}"


def _array_differences(stored: np.ndarray, source: np.ndarray, name: str) -> Iterator[str]:
    """Differences of two integer or bool [H, W] maps, whatever their types."""
    if stored.shape != source.shape:
        yield f"{name} has the shape {stored.shape}, not {source.shape}"
        return
    wrong = stored != source
    pixels = int(np.count_nonzero(wrong))
    if pixels:
        row, column = (int(each[0]) for each in np.nonzero(wrong))
        first = f"{_value(stored[row, column])}, not {_value(source[row, column])}, at row {row}, column {column}"
        yield f"{name} differs on {pixels} of {source.size} pixels ({first})"


def _bytes_differences(stored: bytes, source: bytes, name: str) -> Iterator[str]:
    if len(stored) != len(source):
        yield f"{name} has {len(stored)} bytes, not {len(source)}"
    elif stored != source:
        values = np.frombuffer(stored, np.uint8) != np.frombuffer(source, np.uint8)
        yield f"{name} differs in {np.count_nonzero(values)} of {len(source)} bytes, from byte {np.argmax(values)}"


def _same_float(stored: object, source: object) -> bool:
    """A record's floats have 32 bits."""
    return isinstance(source, float) and isinstance(stored, float) and np.float32(stored) == np.float32(source)


def _value(value: np.generic) -> object:
    return bool(value) if value.dtype == bool else int(value)

