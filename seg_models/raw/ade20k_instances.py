"""The instances of an image of full ADE20K: channel B of its map, and where there are some, the masks of its objects.

A mask file holds 255 where the object is seen, 128 where another hides it, and 0.
"""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import ndimage

from seg_models import dataset, places, value_tables
from seg_models.raw import ade20k_channels, ade20k_regions

SEEN, HIDDEN = 255, 128


@dataclasses.dataclass(frozen=True)
class Instances:
    """What an Example has of them.

    Attributes:
      instance: int32 [H, W]; its low byte is channel B, wherever an object is that has a class.
      objects: those that have a class.
      findings: on what the files disagree.
    """

    instance: np.ndarray
    objects: tuple[dataset.Object, ...]
    findings: tuple[dataset.Finding, ...]


def build(
    channels: ade20k_channels.Channels,
    regions: Sequence[ade20k_regions.Region],
    masks: Mapping[int, places.Part],
    train_ids: Mapping[int, int | None],
    path: str,
) -> Instances:
    """Gives every object its instance.

    Args:
      channels: of the map.
      regions: the objects, parts left out.
      masks: identity of a region -> its mask file's values.
      train_ids: class number -> train id | None.
      path: of the map, named in findings.
    """
    builder = _Builder(channels, train_ids, path)
    drawn = np.flatnonzero(np.bincount(channels.instance.ravel())[1:]) + 1
    places = [_place(region, channels, masks, drawn.tolist()) for region in regions]
    shared = collections.Counter(places)
    for region, place in zip(regions, places):
        builder.add(region, place, masks.get(region.identity), shared[place] > 1)
    return builder.result()


Place = tuple[int, int]
NOWHERE = (0, 0)


def _place(
    region: ade20k_regions.Region,
    channels: ade20k_channels.Channels,
    masks: Mapping[int, places.Part],
    drawn: list[int],
) -> Place:
    """(class number, B) of a region: of most pixels where its mask is seen; without a mask by its rank in `drawn`."""
    if region.identity in masks:
        place, mask = masks[region.identity]
        number, value = channels.number[place], channels.instance[place]
        seen = _is_seen(mask) & (number > 0)
        codes = number[seen] * 256 + value[seen]
        return divmod(int(np.bincount(codes).argmax()), 256) if codes.size else NOWHERE
    if not 1 <= region.identity <= len(drawn):
        return NOWHERE
    value = drawn[region.identity - 1]
    return int(np.bincount(channels.number[channels.instance == value]).argmax()), value


class _Builder:
    """An instance map in the making."""

    def __init__(
        self, channels: ade20k_channels.Channels, train_ids: Mapping[int, int | None], path: str
    ) -> None:
        codes = channels.number * 256 + channels.instance
        self._train_ids = train_ids
        self._path = path
        self._instance = np.zeros_like(codes)
        self._used: set[int] = {0}
        self._objects: list[dataset.Object] = []
        self._findings: list[dataset.Finding] = []
        counts = np.bincount(codes.ravel())
        present = np.flatnonzero(counts).tolist()
        # Ranks of the codes, from 1, and where each is: an object is looked for in its place alone.
        ranks = np.zeros(len(counts), np.int32)
        ranks[present] = np.arange(1, len(present) + 1)
        self._ranks = dict(zip(present, range(1, len(present) + 1)))
        self._map = value_tables.look_up(ranks, codes)
        self._places = ndimage.find_objects(self._map)
        # Codes of class and B that no region has claimed yet, with their pixels; B = 0 is no instance.
        self._unclaimed = {code: int(counts[code]) for code in present if code & 255 and code >> 8}
        drawn = sorted({code & 255 for code in self._unclaimed})
        # What is drawn last lies in front.
        self._depths = {value: len(drawn) - 1 - place for place, value in enumerate(drawn)}

    def add(self, region: ade20k_regions.Region, found: Place, mask: places.Part | None, is_shared: bool) -> None:
        """Adds a region; several that share a class and B, of more than 255 in an image, have what their masks show."""
        number, value = found
        code = number * 256 + value
        self._unclaimed.pop(code, None)
        if region.number and number not in (0, region.number):
            text = f"object {region.identity} has the class {region.number}, in the map {number}, which counts"
            self._findings.append(dataset.Finding("category", f"{self._path}: {text}."))
        if found == NOWHERE and mask is None:
            text = f"object {region.identity} ({region.name}) of the annotation has no pixel in the map"
            self._findings.append(dataset.Finding("id", f"{self._path}: {text}."))
        category = self._train_ids.get(number or region.number)
        if category is None:
            return
        own = self._own(code)
        thing = dataset.Object(category, 0, name=region.name, source_id=region.identity)
        if mask is not None:
            seen = places.whole(places.Part(mask.place, _is_seen(mask.values)), *self._map.shape)
            if is_shared:
                own = own._replace(values=own.values & seen[own.place])
            outside = np.count_nonzero(own.values & ~seen[own.place])
            if outside:
                text = f"{outside} pixels of object {region.identity} ({region.name}) in the map lie outside its mask"
                self._findings.append(dataset.Finding("overlap", f"{self._path}: {text}."))
            pixels = np.count_nonzero(seen)
            hidden = np.count_nonzero(mask.values == HIDDEN)
            thing = dataclasses.replace(
                thing,
                mask=None if not outside and pixels == np.count_nonzero(own.values) else seen,
                amodal=places.whole(places.Part(mask.place, mask.values > 0), *self._map.shape),
                depth=self._depths.get(value),
                occlusion=float(np.float32(hidden / (hidden + pixels))) if hidden + pixels else 0.0,
            )
        self._objects.append(dataclasses.replace(thing, instance=self._paint(own, value)))

    def result(self) -> Instances:
        """The instances, those in the map that no region has among them."""
        for code, pixels in self._unclaimed.items():
            number, value = divmod(code, 256)
            text = f"{pixels} pixels of the class {number} are the instance {value} (B), which is not in the annotation"
            self._findings.append(dataset.Finding("id", f"{self._path}: {text}."))
            category = self._train_ids.get(number)
            if category is not None:
                self._objects.append(dataset.Object(category, self._paint(self._own(code), value)))
        return Instances(self._instance, tuple(self._objects), tuple(self._findings))

    def _own(self, code: int) -> places.Part:
        """The pixels of a code of class and B; none of the code 0, which is no object."""
        rank = self._ranks.get(code) if code else None
        place = places.NOWHERE if rank is None else self._places[rank - 1]
        return places.Part(place, self._map[place] == rank)

    def _paint(self, own: places.Part, value: int) -> int:
        """Gives the pixels an id of their own whose low byte is B; 0 where there are none."""
        instance = self._instance[own.place]
        free = own.values & (instance == 0)
        if not free.any():
            return 0
        identity = value
        while identity in self._used:
            identity += 256
        self._used.add(identity)
        instance[free] = identity
        return identity


def _is_seen(mask: np.ndarray) -> np.ndarray:
    return (mask > 0) & (mask != HIDDEN)
