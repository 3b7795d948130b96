"""The instances of an image of full ADE20K: channel B of its map, and where there are some, the masks of its objects.

A mask file holds 255 where the object is seen, 128 where another hides it, and 0.
"""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from seg_models import ade20k_channels, ade20k_regions, dataset

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
    masks: Mapping[int, np.ndarray],
    train_ids: Mapping[int, int | None],
    path: str,
) -> Instances:
    """Gives every object its instance.

    Args:
      channels: of the map.
      regions: the objects, parts left out.
      masks: identity of a region -> its mask file's values [H, W].
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
    masks: Mapping[int, np.ndarray],
    drawn: list[int],
) -> Place:
    """(class number, B) of a region: of most pixels where its mask is seen; without a mask by its rank in `drawn`."""
    if region.identity in masks:
        mask = masks[region.identity]
        seen = (mask > 0) & (mask != HIDDEN) & (channels.number > 0)
        codes = channels.number[seen] * 256 + channels.instance[seen]
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
        self._codes = channels.number * 256 + channels.instance
        self._train_ids = train_ids
        self._path = path
        self._instance = np.zeros_like(self._codes)
        self._used: set[int] = {0}
        self._objects: list[dataset.Object] = []
        self._findings: list[dataset.Finding] = []
        counts = np.bincount(self._codes.ravel())
        # Codes of class and B that no region has claimed yet, with their pixels; B = 0 is no instance.
        present = np.flatnonzero(counts).tolist()
        self._unclaimed = {code: int(counts[code]) for code in present if code & 255 and code >> 8}
        drawn = sorted({code & 255 for code in self._unclaimed})
        # What is drawn last lies in front.
        self._depths = {value: len(drawn) - 1 - place for place, value in enumerate(drawn)}

    def add(self, region: ade20k_regions.Region, place: Place, mask: np.ndarray | None, is_shared: bool) -> None:
        """Adds a region; several that share a class and B, of more than 255 in an image, have what their masks show."""
        number, value = place
        code = number * 256 + value
        self._unclaimed.pop(code, None)
        seen = None if mask is None else (mask > 0) & (mask != HIDDEN)
        if region.number and number not in (0, region.number):
            text = f"object {region.identity} has the class {region.number}, in the map {number}, which counts"
            self._findings.append(dataset.Finding("category", f"{self._path}: {text}."))
        if place == NOWHERE and mask is None:
            text = f"object {region.identity} ({region.name}) of the annotation has no pixel in the map"
            self._findings.append(dataset.Finding("id", f"{self._path}: {text}."))
        category = self._train_ids.get(number or region.number)
        if category is None:
            return
        own = np.zeros_like(self._codes, bool) if place == NOWHERE else self._codes == code
        if is_shared and seen is not None:
            own &= seen
        hidden = None if mask is None else mask == HIDDEN
        outside = 0 if seen is None else np.count_nonzero(own & ~seen)
        if outside:
            text = f"{outside} pixels of object {region.identity} ({region.name}) in the map lie outside its mask file"
            self._findings.append(dataset.Finding("overlap", f"{self._path}: {text}."))
        self._objects.append(
            dataset.Object(
                category=category,
                instance=self._paint(own, value),
                mask=None if seen is None or np.array_equal(seen, own) else seen,
                amodal=None if seen is None else seen | hidden,
                depth=None if mask is None else self._depths.get(value),
                occlusion=None if seen is None else _fraction(hidden, seen),
                name=region.name,
                source_id=region.identity,
            )
        )

    def result(self) -> Instances:
        """The instances, those in the map that no region has among them."""
        for code, pixels in self._unclaimed.items():
            number, value = divmod(code, 256)
            text = f"{pixels} pixels of the class {number} are the instance {value} (B), which is not in the annotation"
            self._findings.append(dataset.Finding("id", f"{self._path}: {text}."))
            category = self._train_ids.get(number)
            if category is not None:
                self._objects.append(dataset.Object(category, self._paint(self._codes == code, value)))
        return Instances(self._instance, tuple(self._objects), tuple(self._findings))

    def _paint(self, own: np.ndarray, value: int) -> int:
        """Gives the pixels an id of their own whose low byte is B; 0 where there are none."""
        own = own & (self._instance == 0)
        if not own.any():
            return 0
        identity = value
        while identity in self._used:
            identity += 256
        self._used.add(identity)
        self._instance[own] = identity
        return identity


def _fraction(hidden: np.ndarray, seen: np.ndarray) -> float:
    whole = np.count_nonzero(hidden) + np.count_nonzero(seen)
    return float(np.float32(np.count_nonzero(hidden) / whole)) if whole else 0.0
