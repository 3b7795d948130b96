"""The folders of PASCAL VOC, whatever the year and wherever in `data_dir` they lie; its image lists; its palette."""

import functools
import re
from pathlib import Path, PurePosixPath

import numpy as np

from seg_models import errors, raw_files

URL = "http://host.robots.ox.ac.uk/pascal/VOC"
YEARS = tuple(range(2012, 2006, -1))
IMAGES = "JPEGImages"
COLORS = 256


def find(root: Path, name: str, year: int = 0) -> tuple[Path, int]:
    """The folder of a year of VOC: `root` itself, or below it.

    Args:
      root: as the user gave it.
      name: of the data set, for the error.
      year: wanted; 0: the newest that is there.

    Returns:
      the folder that holds JPEGImages, and its year; 0 where its name does not tell.

    Raises:
      UserError: there is none.
    """
    if raw_files.is_folder(root / IMAGES):
        named = re.fullmatch(r"VOC(\d{4})", root.name)
        return root, int(named[1]) if named else 0
    for candidate in (year,) if year else YEARS:
        below = (f"VOCdevkit/VOC{candidate}", f"VOC{candidate}", f"TrainVal/VOCdevkit/VOC{candidate}")
        folder = raw_files.place(root, *below)
        if folder is not None and raw_files.is_folder(folder / IMAGES):
            return folder, candidate
    wanted = f"VOC{year}" if year else "VOC2012"
    raise errors.UserError(
        f"{root}: not PASCAL VOC as data set `{name}` needs it; expected VOCdevkit/{wanted}/{IMAGES} in it, or "
        f"{IMAGES} if it is the folder {wanted} itself. Get it from {URL}/voc{year or 2012}."
    )


def listed(path: Path) -> list[str]:
    """The images that a list names, sorted; a line begins with an id or the path of a file. None without a list."""
    if not raw_files.exists(path):
        return []
    return sorted({PurePosixPath(line.split()[0]).stem for line in raw_files.lines(path)})


def color(index: int) -> tuple[int, int, int]:
    """The colour of an index in VOC's palette: its bits, three at a time, become the high bits of red, green, blue."""
    red, green, blue = (
        sum((index >> 3 * place + channel & 1) << 7 - place for place in range(8)) for channel in range(3)
    )
    return red, green, blue


@functools.cache
def packed_colors() -> np.ndarray:
    """int32 [256]: the palette as `image_files.read_raw_mask` gives the pixels of an RGB file."""
    colors = np.array([color(index) for index in range(COLORS)], np.int32)
    return colors @ np.array([65536, 256, 1], np.int32)


def indices(raw: np.ndarray, path: str) -> np.ndarray:
    """The palette's indices, int32 [H, W], of packed colours [H, W]; DataError where one is not in the palette."""
    colors = packed_colors()
    order = np.argsort(colors)
    found = order[np.minimum(np.searchsorted(colors[order], raw), COLORS - 1)]
    strange = colors[found] != raw
    if strange.any():
        value = int(raw[strange][0])
        shown = (value >> 16, value >> 8 & 255, value & 255)
        count = np.count_nonzero(raw == value)
        raise errors.DataError(f"{path}: the colour {shown} on {count} pixels is not in the palette of PASCAL VOC.")
    return found.astype(np.int32)
