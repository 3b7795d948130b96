"""MATLAB 7.3 files, which are HDF5: opened once and read entry by entry, so that none has to fit in memory.

HDF5 gives MATLAB's arrays with the order of their dimensions reversed: a stack of images [H, W, N] comes as [N, W, H].
"""

import functools
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_models import errors, raw_files

if TYPE_CHECKING:
    import h5py


def opened(path: str | os.PathLike[str]) -> "h5py.File":
    """The file, open; once a process, again when it changed.

    Raises:
      DataError: it is missing, in a zip file, or no HDF5 file that can be read.
    """
    size, time = raw_files.stamp(path)
    if size < 0:
        raise errors.DataError(f"{path}: the file is missing.")
    if not os.path.isfile(path):
        raise errors.DataError(f"{path}: a file of this kind cannot be read within a zip file; unpack it.")
    return _opened(os.fspath(path), size, time, os.getpid())


def variable(path: str | os.PathLike[str], name: str, dimensions: int) -> "h5py.Dataset":
    """A variable of numbers, not read yet.

    Args:
      path: of the file.
      name: of the variable; "a/b" is the field b of the struct a.
      dimensions: that it must have.

    Raises:
      DataError: there is none, or of other dimensions.
    """
    found = opened(path).get(name)
    if found is None:
        known = ", ".join(sorted(key for key in opened(path) if not key.startswith("#")))
        raise errors.DataError(f"{path}: no variable `{name}` in it; it has {known}.")
    shape = getattr(found, "shape", ())
    if len(shape) != dimensions:
        raise errors.DataError(f"{path}: `{name}` has the shape {shape}; expected {dimensions} dimensions.")
    return found


def entry(path: str | os.PathLike[str], name: str, index: int, dimensions: int) -> np.ndarray:
    """One array of a stack, in MATLAB's own order of dimensions: images [H, W, 3, N] give [H, W, 3].

    Args:
      path: of the file.
      name: of the variable.
      index: of the array, from 0.
      dimensions: of the array, which is one less than those of the stack.

    Raises:
      DataError: there is no such array, or it cannot be read.
    """
    stack = variable(path, name, dimensions + 1)
    if index >= stack.shape[0]:
        raise errors.DataError(f"{path}: `{name}` has {stack.shape[0]} entries; entry {index + 1} was asked for.")
    return _read(stack, index, path, name)


def cell(path: str | os.PathLike[str], name: str, index: int) -> np.ndarray:
    """The array in one cell of a cell array or of the field of a struct array, in MATLAB's order of dimensions.

    Raises:
      DataError: there is no such cell, or it cannot be read.
    """
    cells = variable(path, name, 2)
    references = cells.size
    if index >= references:
        raise errors.DataError(f"{path}: `{name}` has {references} cells; cell {index + 1} was asked for.")
    place = np.unravel_index(index, cells.shape)
    return _read(opened(path)[_read(cells, place, path, name).item()], (), path, name)


def _read(source: "h5py.Dataset", place: Any, path: str | os.PathLike[str], name: str) -> np.ndarray:
    try:
        return np.asarray(source[place]).T
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise errors.DataError(f"{path}: `{name}` cannot be read, the file is corrupt ({error}).") from None


@functools.lru_cache(maxsize=8)
def _opened(path: str, size: int, time: int, process: int) -> "h5py.File":
    # It loads slowly, and most data sets have no use for it.
    import h5py

    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise errors.DataError(f"{path}: not a MATLAB 7.3 (HDF5) file, or truncated ({error}).") from None
