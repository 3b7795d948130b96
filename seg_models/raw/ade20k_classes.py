"""The classes of full ADE20K: published selections of them, or every name in the index file of the release."""

import collections
import functools
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from seg_models import dataset, errors, raw_files
from seg_models.raw import category_table, matlab

# Selection -> table of categories; the numbers of classes are the same in the releases of 2016 and 2021.
TABLES = {"150": "ade20k_full_150", "847": "ade20k_full_847"}
ALL = "all"
# Number of the name `-`, for what was not recognised.
UNNAMED = 1
# Classes that the release of 2021 counts; that of 2016 has fewer.
COUNT = 3688
INDICES = ("index_ade20k.pkl", "index_ade20k.mat")
# What an index is made of: containers and arrays. Anything else in a pickle could run code.
SAFE = {("builtins", "set"): set, ("collections", "OrderedDict"): dict, ("numpy", "dtype"): np.dtype}
ARRAYS = ("numpy.core.multiarray", "numpy._core.multiarray")


def table(selection: str, release: Path) -> category_table.Table:
    """The categories of a selection. All are things: full ADE20K tells every region from the next, the sky's too.

    Args:
      selection: a key of TABLES, or ALL.
      release: the folder in which the index file lies; used for ALL alone.
    """
    if selection == ALL:
        return _whole(names(release))
    if selection not in TABLES:
        known = ", ".join(f"`{each}`" for each in (*TABLES, ALL))
        raise errors.UserError(f"`classes` is `{selection}`; expected {known}.")
    return _selected(selection)


def names(release: Path) -> tuple[str, ...]:
    """All names of the release, in the order of the numbers from 1."""
    for name in INDICES:
        path = release / name
        if raw_files.exists(path):
            return _read(str(path), raw_files.stamp(path))
    raise errors.UserError(
        f"{release}: `classes={ALL}` takes the names from {' or '.join(INDICES)}, which come with the release; put one "
        f"there, or choose `classes` among {', '.join(TABLES)}."
    )


@functools.cache
def _selected(selection: str) -> category_table.Table:
    """A published selection; every other number is void."""
    chosen = category_table.read(TABLES[selection])
    listed = {value for value, _ in chosen.raw_values}
    others = ((value, None) for value in range(COUNT + 1) if value not in listed)
    raw_values = sorted((*chosen.raw_values, *others), key=lambda pair: pair[0])
    return category_table.Table(chosen.categories, tuple(raw_values))


@functools.lru_cache(maxsize=2)
def _whole(listed: tuple[str, ...]) -> category_table.Table:
    """Every name but that of what is not recognised."""
    numbers = [number for number in range(1, len(listed) + 1) if listed[number - 1] != "-"]
    repeated = {name for name, count in collections.Counter(listed).items() if count > 1}
    unique = [f"{name} ({number})" if name in repeated else name for number, name in enumerate(listed, 1)]
    categories = tuple(
        dataset.Category(unique[number - 1], dataset.palette_color(place), is_thing=True)
        for place, number in enumerate(numbers)
    )
    train_ids = {number: place for place, number in enumerate(numbers)}
    return category_table.Table(categories, tuple((number, train_ids.get(number)) for number in range(len(listed) + 1)))


@functools.lru_cache(maxsize=2)
def _read(path: str, stamp: tuple[int, int]) -> tuple[str, ...]:
    """The names in an index file; that of 2021 is 0.8 GB of pickle, so it is read once a process."""
    if path.endswith(".mat"):
        listed = [str(cell.item()) for cell in matlab.field(matlab.read(path), "index.objectnames", path).ravel()]
    else:
        with raw_files.open(path) as file:
            listed = _unpickled(file, path)
    if not listed or not all(isinstance(name, str) for name in listed):
        raise errors.UserError(f"{path}: `objectnames` is no list of names. Get the index file of the release again.")
    return tuple(listed)


def _unpickled(file: io.BufferedIOBase, path: str) -> list[str]:
    try:
        listed = _Unpickler(file).load()["objectnames"]
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise errors.UserError(f"{path}: not the index of an ADE20K release, or truncated ({error}).") from None
    return list(listed.values if isinstance(listed, _Array) else listed)


class _Array:
    """Stands for an array in a pickle and keeps texts alone: the counts of objects take 0.8 GB and are not needed."""

    def __init__(self, *_: Any) -> None:
        self.values: list = []

    def __setstate__(self, state: tuple) -> None:
        _, _, dtype, _, content = state
        if isinstance(content, list):
            self.values = content
        elif dtype.kind in "SU":
            self.values = np.frombuffer(content, dtype).tolist()


class _Unpickler(pickle.Unpickler):
    """Builds containers, texts and arrays, and refuses all else."""

    def find_class(self, module: str, name: str) -> Any:
        """The class or function that a pickle asks for."""
        if (module, name) == ("numpy", "ndarray") or (module in ARRAYS and name in ("_reconstruct", "scalar")):
            return _Array
        if (module, name) in SAFE:
            return SAFE[module, name]
        if (module, name) == ("_codecs", "encode"):
            return lambda text, encoding: text.encode(encoding)
        raise pickle.UnpicklingError(f"`{module}.{name}` in it is refused: expected containers, texts and arrays")
