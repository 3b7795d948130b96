"""COCO's ways to write a mask, polygons and run lengths, by pycocotools; what would harm its C code is refused first.

A segmentation is a list of polygons [x, y, x, y...], uncompressed runs {"size": [H, W], "counts": [...]}, or runs
compressed to a string of letters.
"""

from collections.abc import Mapping

import numpy as np

from seg_models import errors, places

FEWEST_NUMBERS = 6
# Image sides that a point may lie outside the image.
FARTHEST = 10
# Of a letter: five bits of a number, and whether the number goes on in the next letter.
FIRST_LETTER, LAST_LETTER = 48, 111
PAYLOAD, GOES_ON, SIGN = 0x1F, 0x20, 0x10
MOST_LETTERS = 7


def mask_of(segmentation: object, height: int, width: int, where: str) -> np.ndarray:
    """The mask of a segmentation, bool [H, W]; polygons of fewer than three points have no area and count nothing.

    Args:
      segmentation: as in the JSON.
      height, width: of the image.
      where: what errors name, such as the file and the annotation's id.

    Raises:
      DataError: it is malformed, or of another size than the image.
    """
    from pycocotools import mask as coco_mask

    if isinstance(segmentation, Mapping):
        runs = _checked_runs(segmentation, height, width, where)
        values = np.arange(runs.size, dtype=np.uint8) & 1
        return np.repeat(values, runs).reshape(width, height).T.astype(bool, order="C")
    polygons = _checked_polygons(segmentation, height, width, where)
    if not polygons:
        return np.zeros((height, width), bool)
    parts = coco_mask.frPyObjects(polygons, height, width)
    # pycocotools counts by columns; all else here, and what is done with masks, by rows. To turn but the part with pixels
    # takes a fraction of the time.
    part = places.part_of(coco_mask.decode(coco_mask.merge(parts)))
    return places.whole(part._replace(values=part.values.astype(bool)), height, width)


def of_mask(mask: np.ndarray) -> dict[str, object]:
    """A mask, bool [H, W], as compressed runs whose letters are a str: ready for JSON."""
    from pycocotools import mask as coco_mask

    runs = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {"size": [int(side) for side in runs["size"]], "counts": runs["counts"].decode()}


def area(segmentation: object, height: int, width: int, where: str) -> int:
    """The pixels of a segmentation; arguments and errors as for `mask_of`."""
    if isinstance(segmentation, Mapping):
        return int(_checked_runs(segmentation, height, width, where)[1::2].sum())
    return int(np.count_nonzero(mask_of(segmentation, height, width, where)))


def _checked_polygons(segmentation: object, height: int, width: int, where: str) -> list[list[float]]:
    """The polygons that have an area, each of three points or more near the image."""
    if not isinstance(segmentation, list):
        shown = _shown(segmentation)
        raise errors.DataError(f"{where}: the segmentation is {shown}; expected polygons or run lengths.")
    for polygon in segmentation:
        if not isinstance(polygon, list) or any(type(number) not in (int, float) for number in polygon):
            raise errors.DataError(f"{where}: a polygon is {_shown(polygon)}; expected a list [x, y, x, y...].")
        if len(polygon) % 2:
            raise errors.DataError(f"{where}: a polygon has {len(polygon)} numbers; expected pairs of x and y.")
        # pycocotools allots memory for every pixel along the outline, wherever it goes.
        points = np.array(polygon, np.float64).reshape(-1, 2)
        far = ~(np.abs(points) <= (FARTHEST * width, FARTHEST * height)).all(axis=1)
        if far.any():
            x, y = points[far][0].tolist()
            outside = f"({x:g}, {y:g}), far outside {width}x{height} pixels"
            raise errors.DataError(f"{where}: a polygon has the point {outside}.")
    # Of four numbers pycocotools would make a box.
    return [polygon for polygon in segmentation if len(polygon) >= FEWEST_NUMBERS]


def _checked_runs(segmentation: Mapping[str, object], height: int, width: int, where: str) -> np.ndarray:
    """The lengths of the runs, int64 [N], that fill the image; the first is background."""
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [height, width]:
        raise errors.DataError(
            f"{where}: the run lengths are for `size` {_shown(size)}; expected [height, width] = [{height}, {width}]."
        )
    if isinstance(counts, str):
        runs = _decompressed(counts, where)
    elif isinstance(counts, list) and all(type(count) is int and 0 <= count <= height * width for count in counts):
        runs = np.array(counts, np.int64)
    else:
        raise errors.DataError(f"{where}: `counts` is {_shown(counts)}; expected run lengths or a string of them.")
    if runs.min(initial=0) < 0 or runs.sum() != height * width:
        raise errors.DataError(
            f"{where}: the run lengths add up to {runs.sum()} pixels; {width}x{height} are {height * width}. "
            "Export the annotation again."
        )
    return runs


def _decompressed(letters: str, where: str) -> np.ndarray:
    """The numbers in a string of letters, int64 [N]; from the fourth on each is stored less the last but one."""
    codes = np.frombuffer(letters.encode(), np.uint8)
    goes_on = ((codes - FIRST_LETTER) & GOES_ON) > 0
    lengths = np.diff(np.flatnonzero(~goes_on), prepend=-1)
    is_code = not codes.size or (codes.min() >= FIRST_LETTER and codes.max() <= LAST_LETTER and not goes_on[-1])
    if not is_code or lengths.max(initial=0) > MOST_LETTERS:
        raise errors.DataError(f"{where}: `counts` is {_shown(letters)}; it is no compressed run lengths.")
    if not codes.size:
        return np.zeros(0, np.int64)
    starts = np.cumsum(lengths) - lengths
    place = np.arange(codes.size) - np.repeat(starts, lengths)
    payload = (codes.astype(np.int64) - FIRST_LETTER) & PAYLOAD
    numbers = np.add.reduceat(payload << (5 * place), starts)
    is_negative = payload[starts + lengths - 1] & SIGN > 0
    numbers -= is_negative.astype(np.int64) << (5 * lengths)
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    return numbers


def _shown(value: object) -> str:
    text = repr(value)
    return f"`{text}`" if len(text) <= 60 else f"`{text[:57]}...`"
