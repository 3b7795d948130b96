"""The objects of one image by COCO's annotations, and what is doubtful about them."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from seg_models import dataset, errors
from seg_models.raw import coco_images, overlap, rle

# Whether a pixel on the outline counts is a matter of rounding: up to a quarter of the outline's length.
AREA_PER_OUTLINE = 0.25
# A box that was rounded may be a pixel too small.
BOX_TOLERANCE = 1.0
LARGEST_ID = 2**63 - 1


def read(
    found: coco_images.Content, train_ids: Mapping[int, int], height: int, width: int, json_path: str
) -> tuple[np.ndarray, tuple[dataset.Object, ...], tuple[dataset.Finding, ...]]:
    """Decodes the annotations of an image.

    Args:
      found: what the JSON says of the image.
      train_ids: category id -> train id.
      height, width: of the image.
      json_path: named in errors and findings.

    Returns:
      instance int32 [H, W], the objects, and what is doubtful.

    Raises:
      DataError: an annotation lacks a member, or has an unknown category or no mask.
    """
    findings = []

    def objects() -> Iterator[dataset.Object]:
        for entry in found.annotations or ():
            where = f"{json_path}: annotation {entry.get('id')}"
            mask = rle.mask_of(_segmentation(entry, where), height, width, where)
            identity = _required(entry, "id", where)
            findings.extend(doubts(entry, mask, where))
            yield dataset.Object(
                category=category_of(entry, train_ids, where),
                instance=0,
                is_crowd=bool(entry.get("iscrowd", 0)),
                mask=mask,
                source_id=identity if type(identity) is int and abs(identity) <= LARGEST_ID else 0,
            )

    instance, resolved = overlap.resolve(height, width, objects())
    for identity in dict.fromkeys(map(str, found.repeated)):
        findings.append(dataset.Finding("id", f"{json_path}: several annotations have the `id` {identity}."))
    return instance, resolved, tuple(findings)


def _segmentation(entry: Mapping[str, object], where: str) -> object:
    segmentation = entry.get("segmentation")
    if segmentation is None or segmentation == []:
        has = "a box, but no mask" if "bbox" in entry else "no mask"
        raise errors.DataError(
            f"{where} has {has} (`segmentation` is absent or empty). Segmentation learns from masks: export polygons "
            "or run lengths, or remove the annotation."
        )
    return segmentation


def category_of(entry: Mapping[str, object], train_ids: Mapping[int, int], where: str) -> int:
    """The train id of an annotation; DataError where its category is unknown."""
    category = _required(entry, "category_id", where)
    if type(category) is not int or category not in train_ids:
        known = f"{len(train_ids)} in {min(train_ids)}..{max(train_ids)}"
        raise errors.DataError(f"{where} has the unknown `category_id` {category}; known are {known}.")
    return train_ids[category]


def doubts(entry: Mapping[str, object], mask: np.ndarray, where: str) -> Iterator[dataset.Finding]:
    """What the JSON says of a mask, bool [H, W], that is not so."""
    pixels = int(np.count_nonzero(mask))
    segmentation, told, box = entry["segmentation"], entry.get("area"), entry.get("bbox")
    if not pixels:
        yield dataset.Finding("empty", f"{where} has a mask without a pixel.")
    elif isinstance(segmentation, list):
        small = sum(len(polygon) < rle.FEWEST_NUMBERS for polygon in segmentation)
        if small:
            text = f"{small} of {len(segmentation)} polygons have fewer than 3 points"
            yield dataset.Finding("empty", f"{where}: {text}.")
    if told is not None:
        slack = AREA_PER_OUTLINE * _outline(segmentation) + 1 if isinstance(segmentation, list) else 0.5
        if type(told) not in (int, float) or not abs(told - pixels) <= slack:
            yield dataset.Finding("area", f"{where} has the `area` {told}, but {pixels} pixels.")
    if box is not None and pixels:
        held = _extent(mask)
        if not holds(box, held):
            yield dataset.Finding("box", f"{where} has the `bbox` {box}, but its mask fills [x, y, w, h] = {held}.")


def _outline(polygons: Sequence[Sequence[float]]) -> float:
    """The length of all outlines, along rows and columns."""
    points = [np.array(polygon, np.float64).reshape(-1, 2) for polygon in polygons]
    return float(sum(np.abs(each - np.roll(each, 1, axis=0)).sum() for each in points))


def _extent(mask: np.ndarray) -> list[int]:
    """[x, y, width, height] of the pixels of bool [H, W]."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    x, y = int(columns[0]), int(rows[0])
    return [x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y]


def holds(box: object, extent: Sequence[int]) -> bool:
    """Whether a box [x, y, width, height] has all of an extent in it, but for rounding."""
    if not isinstance(box, list) or len(box) != 4 or any(type(number) not in (int, float) for number in box):
        return False
    (x, y, width, height), (left, top, across, down) = box, extent
    return (
        x <= left + BOX_TOLERANCE
        and y <= top + BOX_TOLERANCE
        and x + width >= left + across - BOX_TOLERANCE
        and y + height >= top + down - BOX_TOLERANCE
    )


def _required(entry: Mapping[str, object], key: str, where: str) -> object:
    if key not in entry:
        raise errors.DataError(f"{where} has no `{key}`; expected the COCO format.")
    return entry[key]
