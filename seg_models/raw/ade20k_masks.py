"""The mask files of full ADE20K, one for every object and part: 255 seen, 128 hidden; what of them maps do not tell."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from seg_models import dataset, image_files, places, raw_files
from seg_models.raw import ade20k_instances, ade20k_regions

EVERYWHERE = slice(None), slice(None)


def read(
    item: dataset.Item, regions: Sequence[ade20k_regions.Region], example: dataset.Example
) -> dict[int, places.Part]:
    """Identity -> values uint8 of the mask files that the regions name."""
    masks = {}
    for region in regions:
        if region.mask:
            path = _path(item, region)
            mask = image_files.decode(raw_files.read(path), path)
            image_files.check_same_size(mask, example.height, example.width, path, item.path("image"))
            masks[region.identity] = places.part_of(mask.astype(np.uint8, copy=False))
    return masks


def ids(
    level: int, shape: tuple[int, ...], regions: Sequence[ade20k_regions.Region], masks: Mapping[int, places.Part]
) -> np.ndarray:
    """int32 [H, W]: identity + 1 of the part of this level that is seen there, 0 where there is none."""
    seen = np.zeros(shape, np.int32)
    for region in regions:
        if region.level == level and region.identity in masks:
            place, values = masks[region.identity]
            seen[place][values == ade20k_instances.SEEN] = region.identity + 1
    return seen


def kept(
    regions: Sequence[ade20k_regions.Region],
    masks: Mapping[int, places.Part],
    built: ade20k_instances.Instances,
    maps: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """`mask/ID` -> values [H, W] of the masks that objects and maps of parts do not tell wholly."""
    objects = {thing.source_id: thing for thing in built.objects if thing.amodal is not None}
    lost = {}
    for region in regions:
        if part := masks.get(region.identity):
            # What is rebuilt of a file lies where the file has pixels.
            rebuilt = _rebuilt(region, objects, built.instance, maps, part.place)
            if not np.array_equal(rebuilt, part.values):
                lost[_name(region)] = places.whole(part, *built.instance.shape)
    return lost


def restore(item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """(path, values) of every mask file."""
    objects = {thing.source_id: thing for thing in example.objects if thing.amodal is not None}
    for region in ade20k_regions.parse(example.annotation, item.path("annotation")):
        if region.mask:
            whole = example.maps.get(_name(region))
            rebuilt = _rebuilt(region, objects, example.instance, example.maps, EVERYWHERE) if whole is None else whole
            yield _path(item, region), rebuilt


def _rebuilt(
    region: ade20k_regions.Region,
    objects: Mapping[int, dataset.Object],
    instance: np.ndarray,
    maps: Mapping[str, np.ndarray],
    place: places.Place,
) -> np.ndarray:
    """The values at a place of a mask file, as far as objects and maps of parts tell them."""
    if region.level == 0 and region.identity in objects:
        thing = objects[region.identity]
        own = instance[place]
        seen = thing.mask[place] if thing.mask is not None else (own == thing.instance) & (own > 0)
        return _values(seen, thing.amodal[place])
    part = maps.get(f"parts/{region.level}/id")
    seen = np.zeros(instance[place].shape, bool) if part is None else part[place] == region.identity + 1
    return _values(seen, seen)


def _values(seen: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """The values of a mask file, uint8: SEEN, HIDDEN where only `whole` is, 0 elsewhere."""
    values = whole.astype(np.uint8) * np.uint8(ade20k_instances.HIDDEN)
    values[seen] = ade20k_instances.SEEN
    return values


def _name(region: ade20k_regions.Region) -> str:
    return f"mask/{region.identity:03d}"


def _path(item: dataset.Item, region: ade20k_regions.Region) -> str:
    return str(raw_files.inside(Path(item.path("image")).parent, region.mask))
