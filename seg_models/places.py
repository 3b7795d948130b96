"""Where in an image a mask is: what lies outside need not be looked at, nor kept."""

from typing import NamedTuple

import numpy as np

# Rows and columns.
Place = tuple[slice, slice]
NOWHERE = slice(0, 0), slice(0, 0)


def of(mask: np.ndarray) -> Place:
    """The smallest place with all that is not 0 in [H, W]; an empty one where all is."""
    rows = np.flatnonzero(mask.any(1))
    if not rows.size:
        return NOWHERE
    across = slice(int(rows[0]), int(rows[-1]) + 1)
    columns = np.flatnonzero(mask[across].any(0))
    return across, slice(int(columns[0]), int(columns[-1]) + 1)


class Part(NamedTuple):
    """What is not 0 of a mask [H, W], and its place."""

    place: Place
    values: np.ndarray


def part_of(mask: np.ndarray) -> Part:
    """A copy of what is not 0 in [H, W]."""
    place = of(mask)
    return Part(place, mask[place].copy())


def whole(part: Part, height: int, width: int) -> np.ndarray:
    """The mask [H, W] of a part."""
    values = np.zeros((height, width), part.values.dtype)
    values[part.place] = part.values
    return values
