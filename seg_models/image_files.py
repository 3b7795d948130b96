"""Images and maps as files: read with the errors a user needs, write as PNG. Numpy and PIL only."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from seg_models import errors

FORMATS = {"PNG": "png", "JPEG": "jpeg"}
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# PIL's names for one channel of whole numbers.
DEEP_MODES = ("I", "I;16")
INDEX_MODES = ("L", "P", "1", *DEEP_MODES)


def read_image(path: str | os.PathLike[str]) -> tuple[bytes, str, int, int]:
    """Reads an image as it is and decodes it once, so that a truncated file fails here.

    Returns:
      (encoded bytes, "png" or "jpeg", height, width).

    Raises:
      DataError: the file is missing, no PNG or JPEG, or truncated.
    """
    encoded, image = _read(path)
    if image.format not in FORMATS:
        raise errors.DataError(f"{path}: the image is {image.format}; expected PNG or JPEG. Convert it first.")
    return encoded, FORMATS[image.format], image.height, image.width


def read_raw_mask(path: str | os.PathLike[str]) -> np.ndarray:
    """Reads a mask's raw values, int32 [H, W]: indices of an 8- or 16-bit PNG, r * 65536 + g * 256 + b of an RGB one.

    Raises:
      DataError: the file is missing, is no image, truncated, or a JPEG, which changes values.
    """
    _, image = _read(path)
    if image.format == "JPEG":
        raise errors.DataError(f"{path}: the mask is a JPEG, which does not keep values. Export masks as PNG.")
    if image.mode in ("RGB", "RGBA"):
        rgb = np.asarray(image)[..., :3].astype(np.int32)
        return rgb[..., 0] * 65536 + rgb[..., 1] * 256 + rgb[..., 2]
    if image.mode not in INDEX_MODES:
        raise errors.DataError(f"{path}: the mask has mode {image.mode}; expected indexed, grey or RGB.")
    return np.asarray(image).astype(np.int32)


def read_class_ids(path: str | os.PathLike[str]) -> np.ndarray:
    """Reads a map of class ids, int32 [H, W], from a PNG with one channel of 8 or 16 bits.

    Raises:
      DataError: the file is missing, is no image, truncated, or has several channels, such as a coloured rendering.
    """
    image = _decoded(_bytes(path), path)
    if image.mode not in INDEX_MODES:
        raise errors.DataError(f"{path}: the image has mode {image.mode}; expected one channel of class ids.")
    return np.asarray(image).astype(np.int32)


def read_segment_ids(path: str | os.PathLike[str]) -> np.ndarray:
    """Reads a COCO panoptic map, int32 [H, W]: the id of an RGB pixel is R + 256 G + 65536 B.

    Raises:
      DataError: the file is missing, is no image, truncated, or not RGB.
    """
    image = _decoded(_bytes(path), path)
    if image.mode not in ("RGB", "RGBA"):
        raise errors.DataError(f"{path}: the image has mode {image.mode}; expected RGB: ids R + 256 G + 65536 B.")
    # Four bytes a pixel are one little-endian integer; the fourth, alpha, is no part of the id.
    return (np.asarray(image.convert("RGBA")).view("<i4")[..., 0] & 0xFFFFFF).astype(np.int32)


def check_same_size(mask: np.ndarray, height: int, width: int, mask_path: str, image_path: str) -> None:
    """Raises DataError where the mask [H, W] has not its image's size."""
    if mask.shape != (height, width):
        raise errors.DataError(
            f"{mask_path}: the mask is {mask.shape[1]}x{mask.shape[0]}, its image {image_path} is {width}x{height}. "
            "Masks need their image's size; export them again, with nearest-neighbour scaling."
        )


def encode_png(values: np.ndarray, compress_level: int = 6) -> bytes:
    """Encodes uint8 [H, W], uint8 [H, W, 3] or any integer [H, W] below 65536 (16-bit then) as PNG."""
    if values.dtype != np.uint8:
        if values.size and (values.min() < 0 or values.max() > 65535):
            raise ValueError(f"`values` must lie in 0..65535 for a 16-bit PNG, got up to {values.max()}")
        values = values.astype(np.uint16)
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG", compress_level=compress_level)
    return buffer.getvalue()


def decode(encoded: bytes, name: str = "image") -> np.ndarray:
    """Decodes an encoded image: uint8 [H, W, 3] or [H, W], or int32 [H, W] for 16-bit PNG."""
    image = _decoded(encoded, name)
    if image.mode in DEEP_MODES:
        return np.asarray(image).astype(np.int32)
    return np.asarray(image)


def decode_rgb(encoded: bytes, name: str = "image") -> np.ndarray:
    """Decodes an encoded image to uint8 [H, W, 3], whatever its mode."""
    image = _decoded(encoded, name)
    if image.mode in DEEP_MODES:
        # TensorFlow, which decodes for training, takes the high byte; PIL's convert would clip at 255.
        return np.repeat((np.asarray(image).astype(np.int32) >> 8).astype(np.uint8)[..., None], 3, axis=2)
    return np.asarray(image.convert("RGB"))


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes under a temporary name, then renames: a half-written file is never taken for whole."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def _read(path: str | os.PathLike[str]) -> tuple[bytes, Image.Image]:
    """A file's bytes and the image in them, whole to the last byte."""
    encoded = _bytes(path)
    image = _decoded(encoded, path)
    # PIL makes do without the last chunks and with wrong checksums; TensorFlow would refuse such a file in training.
    if image.format == "PNG" and not _has_whole_chunks(encoded):
        raise errors.DataError(f"{path}: truncated or corrupt (the PNG ends early or has a wrong checksum).")
    return encoded, image


def _has_whole_chunks(png: bytes) -> bool:
    """Whether every chunk of a PNG, up to its end chunk, is there with the right checksum."""
    content, start = memoryview(png), len(PNG_SIGNATURE)
    while len(png) >= start + 12:
        length, kind = struct.unpack(">I4s", content[start : start + 8])
        end = start + 8 + length
        if content[end : end + 4] != struct.pack(">I", zlib.crc32(content[start + 4 : end])):
            return False
        if kind == b"IEND":
            return True
        start = end + 4
    return False


def _bytes(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise errors.DataError(f"{path}: the file is missing.") from None
    except OSError as error:
        raise errors.DataError(f"{path}: cannot be read ({error.strerror}).") from None


def _decoded(encoded: bytes, name: str | os.PathLike[str]) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(encoded))
        image.load()
    except UnidentifiedImageError:
        raise errors.DataError(f"{name}: not an image that can be read ({len(encoded)} bytes).") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise errors.DataError(f"{name}: truncated or corrupt ({error}).") from None
    return image
