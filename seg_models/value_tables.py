"""Values of pixels looked up and counted band by band: at once numpy would first copy the whole map to 64 bits."""

from collections.abc import Iterator

import numpy as np

# Pixels of a band, whose copy stays in the processor's cache.
BAND = 1 << 16


def look_up(table: np.ndarray, values: np.ndarray) -> np.ndarray:
    """table[values].

    Args:
      table: [N], any type.
      values: any integer type [H, W], 0..N-1.
    """
    flat = values.ravel()
    found = np.empty(flat.shape, table.dtype)
    for band in _bands(flat.size):
        # In any other mode `take` would fill a copy of `out` first.
        np.take(table, flat[band], out=found[band], mode="clip")
    return found.reshape(values.shape)


def count(values: np.ndarray, length: int = 0) -> np.ndarray:
    """The pixels of each value, int64 [N]; N is `length` or more, the highest value plus 1.

    Args:
      values: any integer type [H, W], not negative.
      length: the least N.
    """
    counts = np.zeros(max(length, int(values.max(initial=0)) + 1), np.int64)
    flat = values.ravel()
    for band in _bands(flat.size):
        found = np.bincount(flat[band])
        counts[: found.size] += found
    return counts


def _bands(size: int) -> Iterator[slice]:
    return (slice(start, start + BAND) for start in range(0, size, BAND))
