"""Objects whose masks overlap, laid into one instance map without losing what lies beneath."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from seg_models import dataset


def resolve(
    height: int, width: int, objects: Sequence[dataset.Object]
) -> tuple[np.ndarray, tuple[dataset.Object, ...]]:
    """Numbers objects and paints them: the smaller over the larger, crowds below all.

    Args:
      height, width: of the image.
      objects: each with its whole seen extent, bool [H, W], in `mask`.

    Returns:
      instance int32 [H, W], and the objects in the given order: `instance` is the place in that order counted from 1,
      or 0 where an object is covered wholly; `mask` is kept only where it is not just the pixels of `instance`.
    """
    instance = np.zeros((height, width), np.int32)
    areas = [int(np.count_nonzero(thing.mask)) for thing in objects]
    order = sorted(range(len(objects)), key=lambda place: (not objects[place].is_crowd, -areas[place], place))
    for place in order:
        instance[objects[place].mask] = place + 1
    seen = np.bincount(instance.ravel(), minlength=len(objects) + 1)[1:]
    resolved = []
    for place, thing in enumerate(objects):
        # The painted pixels of an object are all its own, so equal counts are equal masks.
        whole = areas[place] == seen[place] and areas[place] > 0
        number = place + 1 if seen[place] else 0
        resolved.append(dataclasses.replace(thing, instance=number, mask=None if whole else thing.mask))
    return instance, tuple(resolved)
