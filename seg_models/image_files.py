"""Images and maps as files: read with the errors a user needs, write as PNG. Numpy and PIL only."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from seg_models import errors

FORMATS = {"PNG": "png", "JPEG": "jpeg"}
# PIL's names for one channel of whole numbers.
INDEX_MODES = ("L", "P", "I", "I;16", "1")


def read_image(path: str | os.PathLike[str]) -> tuple[bytes, str, int, int]:
    """Reads an image as it is and decodes it once, so that a truncated file fails here.

    Returns:
      (encoded bytes, "png" or "jpeg", height, width).

    Raises:
      DataError: the file is missing, no PNG or JPEG, or truncated.
    """
    encoded = _bytes(path)
    image = _decoded(encoded, path)
    if image.format not in FORMATS:
        raise errors.DataError(f"{path}: the image is {image.format}; expected PNG or JPEG. Convert it first.")
    return encoded, FORMATS[image.format], image.height, image.width


def read_raw_mask(path: str | os.PathLike[str]) -> np.ndarray:
    """Reads a mask's raw values, int32 [H, W]: indices of an 8- or 16-bit PNG, r * 65536 + g * 256 + b of an RGB one.

    Raises:
      DataError: the file is missing, is no image, or truncated.
    """
    image = _decoded(_bytes(path), path)
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
        raise errors.DataError(f"{path}: the image has mode {image.mode}; expected one channel of class ids, not colours.")
    return np.asarray(image).astype(np.int32)


def read_segment_ids(path: str | os.PathLike[str]) -> np.ndarray:
    """Reads a COCO panoptic map, int32 [H, W]: the id of an RGB pixel is R + 256 G + 65536 B.

    Raises:
      DataError: the file is missing, is no image, truncated, or not RGB.
    """
    image = _decoded(_bytes(path), path)
    if image.mode not in ("RGB", "RGBA"):
        raise errors.DataError(f"{path}: the image has mode {image.mode}; expected RGB with segment ids R + 256 G + 65536 B.")
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
    if image.mode in ("I", "I;16"):
        return np.asarray(image).astype(np.int32)
    return np.asarray(image)


def decode_rgb(encoded: bytes, name: str = "image") -> np.ndarray:
    """Decodes an encoded image to uint8 [H, W, 3], whatever its mode."""
    return np.asarray(_decoded(encoded, name).convert("RGB"))


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes under a temporary name, then renames: a half-written file is never taken for whole."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def _bytes(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise errors.DataError(f"{path}: the file is missing.") from None


def _decoded(encoded: bytes, name: str | os.PathLike[str]) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(encoded))
        image.load()
    except UnidentifiedImageError:
        raise errors.DataError(f"{name}: not an image that can be read ({len(encoded)} bytes).") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise errors.DataError(f"{name}: truncated or corrupt ({error}).") from None
    return image
