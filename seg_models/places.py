"""Where in an image a mask is: what lies outside need not be looked at, nor kept."""

import numpy as np

# Rows and columns.
Place = tuple[slice, slice]
NOWHERE = slice(0, 0), slice(0, 0)


def of(mask: np.ndarray) -> Place:
    """The smallest place with all that is true in bool [H, W]; an empty one where nothing is."""
    rows = np.flatnonzero(mask.any(1))
    if not rows.size:
        return NOWHERE
    across = slice(int(rows[0]), int(rows[-1]) + 1)
    columns = np.flatnonzero(mask[across].any(0))
    return across, slice(int(columns[0]), int(columns[-1]) + 1)


def whole(part: np.ndarray, place: Place, height: int, width: int) -> np.ndarray:
    """[H, W] with a part at its place, and 0 elsewhere."""
    values = np.zeros((height, width), part.dtype)
    values[place] = part
    return values
