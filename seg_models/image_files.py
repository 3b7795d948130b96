"""Images and maps as files: read with the errors a user needs, write as PNG. Numpy and PIL only."""

import contextlib
import contextvars
import io
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from seg_models import errors, image_structure, raw_files

FORMATS = {"PNG": "png", "JPEG": "jpeg", "MPO": "jpeg"}
# PIL's names for one channel of whole numbers.
DEEP_MODES = ("I", "I;16", "I;16B")
INDEX_MODES = ("L", "P", "1", *DEEP_MODES)
ORIENTATION_TAG = 0x0112
# Of photographs higher levels of compression make no smaller files, and take several times as long.
PHOTO_LEVEL = 3

# PIL's own limit warns at half of it; ours is an error wherever an image is opened, and can be raised.
Image.MAX_IMAGE_PIXELS = None
MAX_PIXELS = 178_956_970
_limits = {"pixels": MAX_PIXELS}
_trusting = contextvars.ContextVar("trusting", default=False)


def limit_pixels(pixels: int) -> None:
    """Sets the size above which an image is refused as a decompression bomb, for this process."""
    if pixels < 1:
        raise errors.UserError(f"`max_pixels` is {pixels}; expected 1 or more.")
    _limits["pixels"] = pixels


def pixel_limit() -> float:
    """The size above which an image is refused here and now."""
    return float("inf") if _trusting.get() else _limits["pixels"]


@contextlib.contextmanager
def of_any_size() -> Iterator[None]:
    """No limit inside: for what this program has written itself, or has accepted before."""
    token = _trusting.set(True)
    try:
        yield
    finally:
        _trusting.reset(token)


def read_image(path: str | os.PathLike[str], encoded: bytes = b"") -> tuple[bytes, str, int, int]:
    """Reads an image as it is and checks that it is whole, by its structure: no pixel is decoded.

    Arguments are those of `read_raw_mask`.

    Returns:
      (encoded bytes, "png" or "jpeg", height, width).

    Raises:
      DataError: the file is missing, no PNG or JPEG, truncated, too large, or in CMYK.
    """
    encoded = encoded or raw_files.read(path)
    image = opened(encoded, path)
    if image.format not in FORMATS:
        raise errors.DataError(f"{path}: the image is {image.format}; expected PNG or JPEG. Convert it first.")
    if image.mode == "CMYK":
        raise errors.DataError(f"{path}: a CMYK JPEG, on whose colours decoders do not agree. Convert it to RGB first.")
    if not image_structure.is_whole(encoded, FORMATS[image.format]):
        raise errors.DataError(f"{path}: truncated or corrupt (it ends early or has a wrong checksum).")
    return encoded, FORMATS[image.format], image.height, image.width


def orientation(encoded: bytes) -> int:
    """The EXIF orientation of an encoded image, 1..8; 1, upright, where none is given."""
    return opened(encoded, "image").getexif().get(ORIENTATION_TAG, 1)


def read_raw_mask(path: str | os.PathLike[str], encoded: bytes = b"") -> np.ndarray:
    """Reads a mask's raw values, int32 [H, W]: indices of an 8- or 16-bit PNG, r * 65536 + g * 256 + b of an RGB one.

    Args:
      path: of the file, named in errors.
      encoded: its bytes, where they were read already.

    Raises:
      DataError: the file is missing, is no image, truncated, or a JPEG, which changes values.
    """
    return read_values(path, encoded).astype(np.int32, copy=False)


def read_values(path: str | os.PathLike[str], encoded: bytes = b"") -> np.ndarray:
    """As `read_raw_mask`, but uint8 [H, W] where a pixel has 8 bits or fewer: a quarter of the memory."""
    image = _read(path, encoded)
    if image.format == "JPEG":
        raise errors.DataError(f"{path}: the mask is a JPEG, which does not keep values. Export masks as PNG.")
    return _raw(image, path)


def read_bytes_mask(
    path: str | os.PathLike[str], encoded: bytes
) -> tuple[Callable[[], bytes], tuple[int, int], list[int]]:
    """Reads a mask of one channel and 8 bits from the bytes of its file; errors as above.

    Returns:
      what gives its values row by row, (H, W), and the pixels of each of the 256 values.
    """
    image = _read(path, encoded)
    return image.tobytes, (image.height, image.width), image.histogram()


def read_class_ids(path: str | os.PathLike[str]) -> np.ndarray:
    """As `read_raw_mask`, for class ids: of one channel of 8 or 16 bits, not a coloured rendering."""
    image = _read(path)
    if image.mode not in INDEX_MODES:
        raise errors.DataError(f"{path}: the image has mode {image.mode}; expected one channel of class ids.")
    return np.asarray(image).astype(np.int32)


def read_segment_ids(path: str | os.PathLike[str], encoded: bytes = b"") -> np.ndarray:
    """As `read_raw_mask`, for a COCO panoptic map: the id of a pixel, which must be RGB, is R + 256 G + 65536 B."""
    image = _read(path, encoded)
    if image.mode not in ("RGB", "RGBA"):
        raise errors.DataError(f"{path}: the image has mode {image.mode}; expected RGB: ids R + 256 G + 65536 B.")
    # Four bytes a pixel are one little-endian integer; the fourth, alpha, is no part of the id.
    return (np.asarray(image.convert("RGBA")).view("<i4")[..., 0] & 0xFFFFFF).astype(np.int32)


def check_same_size(mask: np.ndarray, height: int, width: int, mask_path: str, image_path: str) -> None:
    """Raises DataError where the mask [H, W] has not its image's size."""
    if mask.shape == (height, width):
        return
    fix = "Masks need their image's size; export them again, with nearest-neighbour scaling."
    if mask.shape == (width, height) and (turned := orientation(raw_files.read(image_path))) != 1:
        fix = f"The image has the EXIF orientation {turned}: turn its pixels upright and remove that tag."
    raise errors.DataError(
        f"{mask_path}: the mask is {mask.shape[1]}x{mask.shape[0]}, its image {image_path} is {width}x{height}. {fix}"
    )


def encode_photo(pixels: np.ndarray) -> bytes:
    """Encodes a photograph, uint8 [H, W, 3] or uint8 or uint16 [H, W], as PNG; those are no maps, which have runs."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=PHOTO_LEVEL)
    return buffer.getvalue()


def encode_png(values: np.ndarray) -> bytes:
    """Encodes uint8 [H, W], uint8 [H, W, 3] or any integer [H, W] below 65536 (16-bit then) as PNG."""
    if values.ndim == 3:
        return encode_photo(values)
    if values.dtype != np.uint8:
        if values.size and (values.min() < 0 or values.max() > 65535):
            raise ValueError(f"`values` must lie in 0..65535 for a 16-bit PNG, got up to {values.max()}")
        values = values.astype(np.uint16)
    return image_structure.encode_map(values)


def decode(encoded: bytes, name: str = "image") -> np.ndarray:
    """Decodes an encoded image: uint8 [H, W, 3] or [H, W], or int32 [H, W] for 16-bit PNG; of a palette the indices."""
    image = _decoded(encoded, name)
    return np.asarray(image).astype(np.int32) if image.mode in DEEP_MODES else np.asarray(image)


def decode_indexed(encoded: bytes, name: str = "image") -> tuple[np.ndarray, np.ndarray | None]:
    """Decodes a map as TensorFlow does, a palette's grey in place of the index.

    Returns:
      the values, uint8 or int32 [H, W], and the indices, uint8 [H, W]; None where there is no palette.
    """
    image = _decoded(encoded, name)
    values = np.asarray(image)
    if image.mode != "P":
        return values.astype(np.int32) if image.mode in DEEP_MODES else values, None
    grey = np.zeros(256, np.uint8)
    palette = np.frombuffer(image.palette.palette, np.uint8)[::3]
    grey[: palette.size] = palette
    return grey[values], values


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


def opened(encoded: bytes, name: str | os.PathLike[str]) -> Image.Image:
    """The image in some bytes, not decoded yet; DataError where it is none, or has more pixels than `pixel_limit`."""
    try:
        image = Image.open(io.BytesIO(encoded))
    except UnidentifiedImageError:
        raise errors.DataError(f"{name}: not an image that can be read ({len(encoded)} bytes).") from None
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise errors.DataError(f"{name}: truncated or corrupt ({error}).") from None
    if image.width * image.height > pixel_limit():
        raise errors.DataError(
            f"{name}: {image.width}x{image.height} pixels are more than the limit of {pixel_limit()}, which keeps "
            "harmful files out. If the image is right, raise it: --max_pixels N."
        )
    return image


def _read(path: str | os.PathLike[str], encoded: bytes = b"") -> Image.Image:
    """A file's image, decoded and whole to the last byte."""
    encoded = encoded or raw_files.read(path)
    image = _decoded(encoded, path)
    if image.format == "PNG" and not image_structure.is_whole(encoded, "png"):
        raise errors.DataError(f"{path}: truncated or corrupt (the PNG ends early or has a wrong checksum).")
    return image


def _raw(image: Image.Image, name: str | os.PathLike[str]) -> np.ndarray:
    """The raw values of a decoded mask, uint8 or int32 [H, W]."""
    if image.format == "GIF":
        # Writers of GIF number palettes as they like: what an index stands for counts, not the index.
        image = image.convert("L")
    if image.mode in ("RGB", "RGBA"):
        rgb = np.asarray(image)
        values = rgb[..., 0].astype(np.int32)
        # In place: a copy of a map of 12 million pixels is 48 MB.
        for channel in (1, 2):
            values <<= 8
            values |= rgb[..., channel]
        return values
    if image.mode not in INDEX_MODES:
        raise errors.DataError(f"{name}: the mask has mode {image.mode}; expected indexed, grey or RGB.")
    return np.asarray(image).astype(np.int32 if image.mode in DEEP_MODES else np.uint8)


def _decoded(encoded: bytes, name: str | os.PathLike[str]) -> Image.Image:
    image = opened(encoded, name)
    try:
        image.load()
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise errors.DataError(f"{name}: truncated or corrupt ({error}).") from None
    return image
