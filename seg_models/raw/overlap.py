"""Objects whose masks overlap, laid into one instance map without losing what lies beneath."""

import dataclasses
from collections.abc import Iterable

import numpy as np

from seg_models import dataset, places, value_tables


def resolve(
    height: int, width: int, objects: Iterable[dataset.Object]
) -> tuple[np.ndarray, tuple[dataset.Object, ...]]:
    """Numbers objects and paints them: the smaller over the larger, crowds below all.

    Args:
      height, width: of the image.
      objects: each with its whole seen extent, bool [H, W], in `mask`; of each but the part with pixels is held, so that
        hundreds fit in memory where they are made one by one.

    Returns:
      instance int32 [H, W], and the objects in the given order: `instance` is the place in that order counted from 1,
      or 0 where an object is covered wholly; `mask` is kept only where it is not just the pixels of `instance`.
    """
    instance = np.zeros((height, width), np.int32)
    things, parts = [], []
    for thing in objects:
        things.append(dataclasses.replace(thing, instance=0, mask=None))
        parts.append(places.part_of(thing.mask))
    areas = [int(np.count_nonzero(part.values)) for part in parts]
    for index in sorted(range(len(things)), key=lambda index: (not things[index].is_crowd, -areas[index], index)):
        instance[parts[index].place][parts[index].values] = index + 1
    seen = value_tables.count(instance, len(things) + 1)[1:].tolist()
    for index, thing in enumerate(things):
        # The painted pixels of an object are all its own, so equal counts are equal masks.
        is_told = areas[index] == seen[index] and areas[index] > 0
        mask = None if is_told else places.whole(parts[index], height, width)
        things[index] = dataclasses.replace(thing, instance=index + 1 if seen[index] else 0, mask=mask)
    return instance, tuple(things)
