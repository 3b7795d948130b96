"""PNG and JPEG files as bytes: whether they are whole, a new meaning for values, undecoded, and maps written as PNG."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from seg_models import places

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Of a chunk: its length and kind, and the checksum at its end.
HEAD, CHECKSUM = struct.Struct(">I4s"), struct.Struct(">I")
# (bits of a value, colour type) in a PNG's header.
GREY_8 = (8, 0)
INDEXED_8 = (8, 3)
GREY_16 = (16, 0)
INDEXED_1 = (1, 3)
# In maps and masks equal bytes follow one another for long: to look for nothing but such runs takes a fraction of the
# time of a full search and makes files that are as small, where each row is stored as its difference to the one above.
STRATEGY, LEVEL = zlib.Z_RLE, 1
NO_FILTER, UP_FILTER = 0, 2


def is_whole(encoded: bytes, image_format: str) -> bool:
    """Whether a PNG or JPEG has its end, and a PNG the right checksums.

    PIL makes do without the last chunks of a PNG and with wrong checksums; TensorFlow would refuse it in training.
    """
    if image_format == "png":
        return any(kind == b"IEND" for kind, _ in chunks(encoded))
    return encoded.rfind(b"\xff\xd9") > _start_of_scan(encoded)


def relabelled(png: bytes, grey: np.ndarray) -> bytes | None:
    """A PNG of 8-bit values with its pixels as they are compressed, and a palette that gives them a new meaning.

    Args:
      png: a file that `is_whole`.
      grey: uint8 [256], the value that stands for each one in the file.

    Returns:
      A PNG that reads as one of `encode_map` with that palette; None where the file is not of 8 bits and one channel.
    """
    if _depth_and_color(png) not in (GREY_8, INDEXED_8):
        return None
    return _recolored(png, INDEXED_8[1], _chunk(b"PLTE", np.repeat(grey, 3).tobytes()))


def as_grey(png: bytes, bits: int) -> bytes | None:
    """A PNG whose values, indices too, are to be read as grey, with its pixels as they are compressed.

    Args:
      png: a file that `is_whole`.
      bits: that the result must have, 8 or 16.

    Returns:
      A PNG that reads as one of `encode_map`; None where the file has other bits, or several channels.
    """
    if _depth_and_color(png) not in ((GREY_8, INDEXED_8) if bits == 8 else (GREY_16,)):
        return None
    return _recolored(png, GREY_8[1], b"")


def encode_map(values: np.ndarray, grey: np.ndarray | None = None) -> bytes:
    """A map, uint8 or uint16 [H, W], as a grey PNG; with `grey`, uint8 [N], as indices of that palette."""
    height, width = values.shape
    lines = np.ascontiguousarray(values, values.dtype.newbyteorder(">")).view(np.uint8)
    rows = np.empty((height, 1 + lines.shape[1]), np.uint8)
    rows[:, 0] = UP_FILTER
    rows[0, 1:] = lines[0]
    np.subtract(lines[1:], lines[:-1], out=rows[1:, 1:])
    if grey is not None:
        return _png(width, height, INDEXED_8, rows, np.repeat(grey, 3).tobytes())
    return _png(width, height, GREY_8 if values.dtype == np.uint8 else GREY_16, rows)


def encode_mask(part: np.ndarray, place: places.Place, height: int, width: int) -> bytes:
    """A mask as a PNG of 1 bit, which TensorFlow decodes to 0 and 1.

    Args:
      part: bool, what is at `place`; all else is 0.
      place: in the image.
      height, width: of the image.
    """
    lines, columns = place
    first, left = divmod(columns.start, 8)
    aligned = np.zeros((len(part), left + part.shape[1]), bool)
    aligned[:, left:] = part
    bits = np.packbits(aligned, axis=1)
    rows = np.full((height, 1 + (width + 7) // 8), NO_FILTER, np.uint8)
    rows[lines, 1 + first : 1 + first + bits.shape[1]] = bits
    return _png(width, height, INDEXED_1, rows, bytes([0, 0, 0, 1, 1, 1]))


def _png(width: int, height: int, kind: tuple[int, int], rows: np.ndarray, palette: bytes = b"") -> bytes:
    """The file of some rows, uint8 [H, 1 + bytes of a row], each with its filter before it.

    Written here because an image may have hundreds of objects: through PIL each takes several times as long.
    """
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, *kind, 0, 0, 0))
    compressor = zlib.compressobj(LEVEL, strategy=STRATEGY)
    pixels = _chunk(b"IDAT", compressor.compress(rows) + compressor.flush())
    colors = _chunk(b"PLTE", palette) if palette else b""
    return PNG_SIGNATURE + header + colors + pixels + _chunk(b"IEND", b"")


def _depth_and_color(png: bytes) -> tuple[int, int]:
    return (png[24], png[25]) if len(png) > 25 and png.startswith(PNG_SIGNATURE) else (0, 0)


def _recolored(png: bytes, color: int, palette: bytes) -> bytes:
    """The PNG with another colour type and palette, and without what is neither size nor pixels."""
    header = _chunk(b"IHDR", png[16:25] + bytes([color]) + png[26:29])
    pixels = b"".join(bytes(chunk) for kind, chunk in chunks(png) if kind == b"IDAT")
    return PNG_SIGNATURE + header + palette + pixels + _chunk(b"IEND", b"")


def chunks(png: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """(kind, whole chunk) of a PNG up to its end chunk, or to the first that is cut off or has a wrong checksum."""
    content, start = memoryview(png), len(PNG_SIGNATURE)
    while len(png) >= start + 12:
        length, kind = HEAD.unpack_from(png, start)
        end = start + 8 + length
        if len(png) < end + 4 or CHECKSUM.unpack_from(png, end)[0] != zlib.crc32(content[start + 4 : end]):
            return
        yield kind, content[start : end + 4]
        if kind == b"IEND":
            return
        start = end + 4


def _chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _start_of_scan(jpeg: bytes) -> int:
    """Where the pixels of a JPEG begin; its length where they do not."""
    start = 2
    while len(jpeg) >= start + 4 and jpeg[start] == 0xFF:
        if jpeg[start + 1] == 0xDA:
            return start
        # 0xFF may be repeated before a marker.
        start += 1 if jpeg[start + 1] == 0xFF else 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big")
    return len(jpeg)
