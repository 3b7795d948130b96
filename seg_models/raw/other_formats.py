"""Images in formats that records do not hold, such as TIFF and GIF, page by page: re-encoded as PNG, lossless."""

import io
import os
import struct

import numpy as np
from PIL import Image

from seg_models import errors, image_files, raw_files

# What PNG keeps exactly as PIL writes it.
KEPT_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
# What PIL's readers of these formats raise over a broken file.
BROKEN = (OSError, EOFError, SyntaxError, ValueError, KeyError, TypeError, OverflowError, struct.error)


def pages(path: str | os.PathLike[str]) -> int:
    """The number of images in a file."""
    return _count(image_files.opened(raw_files.read(path), path), path)


def read_image(path: str | os.PathLike[str], page: int | None = None) -> tuple[bytes, str, int, int]:
    """Reads an image: a PNG or JPEG as it is, one page of any other format as a PNG of the same pixels.

    Args:
      path: of the file.
      page: which image of the file, counted from 0; None: it must be the only one.

    Returns:
      (encoded bytes, "png" or "jpeg", height, width).

    Raises:
      DataError: the file is missing, no image, truncated, too large, of several pages, or no pixels for PNG.
    """
    encoded = raw_files.read(path)
    image = image_files.opened(encoded, path)
    if image.format in image_files.FORMATS:
        return image_files.read_image(path)
    if page is None and (count := _count(image, path)) > 1:
        raise errors.DataError(f"{path}: has {count} pages; expected one image.")
    _turn_to(image, page or 0, path)
    if image.mode not in KEPT_MODES:
        raise errors.DataError(
            f"{path}: {image.format} of mode {image.mode}; expected whole numbers of 8 or 16 bits: grey, indexed, RGB."
        )
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=image_files.PHOTO_LEVEL)
    return buffer.getvalue(), "png", image.height, image.width


def read_page(path: str | os.PathLike[str], page: int) -> np.ndarray:
    """Reads one page of a stack of masks: int32 [H, W], 8 or 16 bits as they are; errors as above."""
    image = image_files.opened(raw_files.read(path), path)
    _turn_to(image, page, path)
    if image.mode not in image_files.INDEX_MODES:
        raise errors.DataError(f"{path}: page {page} has mode {image.mode}; expected one channel of class values.")
    return np.asarray(image).astype(np.int32)


def _count(image: Image.Image, path: str | os.PathLike[str]) -> int:
    """The number of pages of an open image."""
    try:
        return getattr(image, "n_frames", 1)
    except BROKEN as error:
        raise errors.DataError(f"{path}: truncated or corrupt ({error}).") from None


def _turn_to(image: Image.Image, page: int, path: str | os.PathLike[str]) -> None:
    """Decodes one page of an open image."""
    try:
        image.seek(page)
        image.load()
    except BROKEN as error:
        raise errors.DataError(f"{path}: truncated or corrupt, page {page} ({error}).") from None
