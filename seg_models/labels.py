"""The label contract: raw values of a mask -> train ids | void; a value that is not listed is an error."""

import dataclasses
import functools
import os

import numpy as np

from seg_models import dataset, errors, image_files, image_structure, raw_files


@dataclasses.dataclass(frozen=True, eq=False)
class Labels:
    """A mask under the label contract.

    Attributes:
      semantic: uint8 (uint16 where void is 65535) [H, W], train ids and void.
      raw: integer [H, W], the values of the source.
      histogram: raw value -> pixels.
      png: both maps as `image_files.encode_indexed` encodes them, where the file gave it; b"" otherwise.
    """

    semantic: np.ndarray
    raw: np.ndarray
    histogram: dict[int, int]
    png: bytes = b""


def read(path: str | os.PathLike[str], info: dataset.DatasetInfo, encoded: bytes = b"") -> Labels:
    """The labels in a mask file.

    Args:
      path: of the file, named in errors.
      info: lists every permitted value.
      encoded: its bytes, where they were read already.

    Raises:
      DataError: the file cannot be read, or has a value that is not listed.
    """
    encoded = encoded or raw_files.read(path)
    if info.void == dataset.VOID:
        # Most masks are 8-bit PNGs: what is compressed in them stays so, and only its meaning is written anew.
        grey, listed = _palette(info.raw_values)
        png = image_structure.relabelled(encoded, grey)
        if png is not None:
            pixels, shape, counts = image_files.read_bytes_mask(path, encoded)
            histogram = {value: count for value, count in enumerate(counts) if count}
            for value, count in histogram.items():
                if not listed[value]:
                    raise _unlisted(value, count, info, path)
            # `bytes.translate` looks up twice as fast as an index does.
            semantic = np.frombuffer(pixels.translate(grey.tobytes()), np.uint8).reshape(shape)
            return Labels(semantic, np.frombuffer(pixels, np.uint8).reshape(shape), histogram, png)
    return of(image_files.read_raw_mask(path, encoded), info, path)


def of(raw: np.ndarray, info: dataset.DatasetInfo, path: str | os.PathLike[str]) -> Labels:
    """The labels in raw values.

    Args:
      raw: any integer type [H, W], values as in the source.
      info: lists every permitted value.
      path: named in the error.

    Raises:
      DataError: a value is not listed; names file, value and number of pixels.
    """
    listed = np.array(sorted(value for value, _ in info.raw_values), np.int32)
    raw = np.asarray(raw, np.int32)
    # A search among the few listed values; sorting the pixels, as np.unique does, takes ten times as long.
    place = np.minimum(np.searchsorted(listed, raw), len(listed) - 1)
    unlisted = listed[place] != raw
    if unlisted.any():
        value, count = (found.tolist()[0] for found in np.unique(raw[unlisted], return_counts=True))
        raise _unlisted(value, count, info, path)
    table = dict(info.raw_values)
    train_ids = [info.void if table[value] is None else table[value] for value in listed.tolist()]
    counts = np.bincount(place.ravel(), minlength=len(listed))
    semantic = np.asarray(train_ids, np.uint8 if info.void == dataset.VOID else np.uint16)[place]
    return Labels(semantic, raw, {value: count for value, count in zip(listed.tolist(), counts.tolist()) if count})


def annotated(example: dataset.Example, labels: Labels) -> dataset.Example:
    """An example with its labels."""
    return dataclasses.replace(
        example,
        semantic=labels.semantic,
        raw=labels.raw,
        semantic_png=labels.png,
        raw_histogram=labels.histogram,
    )


@functools.lru_cache(maxsize=8)
def _palette(raw_values: tuple[tuple[int, int | None], ...]) -> tuple[np.ndarray, np.ndarray]:
    """(train id or 255 of each raw value below 256, whether it is listed): uint8 [256], bool [256]."""
    grey, listed = np.full(256, dataset.VOID, np.uint8), np.zeros(256, bool)
    for value, train_id in raw_values:
        if value < 256:
            grey[value] = dataset.VOID if train_id is None else train_id
            listed[value] = True
    return grey, listed


def _unlisted(value: int, count: int, info: dataset.DatasetInfo, path: str | os.PathLike[str]) -> errors.DataError:
    shown = str(value) if value < 65536 else f"{value} = RGB {(value >> 16, value >> 8 & 255, value & 255)}"
    return errors.DataError(
        f"{path}: raw value {shown} on {count} pixels is not listed for data set `{info.name}`. "
        "List it as a category or as void."
    )
