"""Binary PGM files, grey of 8 or 16 bits, as they are: PIL would stretch values whose highest is not 255 or 65535."""

import os
import re

import numpy as np

from seg_models import errors, raw_files

# P5, then width, height and highest value; blanks and comments between them, one blank before the pixels.
HEADER = re.compile(rb"P5" + rb"(?:\s|#[^\n]*\n)+(\d+)" * 3 + rb"\s")


def read(path: str | os.PathLike[str]) -> np.ndarray:
    """The values of a PGM: uint8 [H, W], or uint16 where the header has room for more than 255.

    Raises:
      DataError: the file is missing, no binary PGM, or truncated.
    """
    content = raw_files.read(path)
    header = HEADER.match(content)
    if header is None:
        raise errors.DataError(f"{path}: not a binary PGM, which begins with P5, width, height and the highest value.")
    width, height, highest = map(int, header.groups())
    if not 0 < highest < 65536:
        raise errors.DataError(f"{path}: the highest value is given as {highest}; expected 1..65535.")
    kind = np.dtype(">u2" if highest > 255 else "u1")
    pixels = content[header.end() :]
    if not len(pixels) >= width * height * kind.itemsize > 0:
        raise errors.DataError(
            f"{path}: truncated: {len(pixels)} bytes of pixels; {width}x{height} need {width * height * kind.itemsize}."
        )
    values = np.frombuffer(pixels, kind, width * height).reshape(height, width)
    return values.astype(kind.newbyteorder("="))
