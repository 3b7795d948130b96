"""The label contract: raw values of a mask -> train ids | void; a value that is not listed is an error."""

import dataclasses
import functools
import os
from collections.abc import Sequence

import numpy as np

from seg_models import dataset, deferred, errors, image_files, image_structure, raw_files, value_tables


@dataclasses.dataclass(frozen=True, eq=False)
class Labels:
    """A mask under the label contract.

    Attributes:
      shape: (H, W).
      histogram: raw value -> pixels.
      png: both maps as one PNG with a palette, as in a record, where the file gave it; b"" otherwise.
      raw: integer [H, W], the values of the source.
      semantic: uint8 (uint16 where void is 65535) [H, W], train ids and void.
    """

    shape: tuple[int, int]
    histogram: dict[int, int]
    png: bytes = b""
    raw: np.ndarray = deferred.Deferred()
    semantic: np.ndarray = deferred.Deferred()


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
            read_pixels, shape, counts = image_files.read_bytes_mask(path, encoded)
            histogram = {value: count for value, count in enumerate(counts) if count}
            for value, count in histogram.items():
                if not listed[value]:
                    raise _unlisted(value, count, info, path)

            def raw() -> np.ndarray:
                return np.frombuffer(read_pixels(), np.uint8).reshape(shape)

            def semantic() -> np.ndarray:
                # `bytes.translate` looks up twice as fast as an index does.
                return np.frombuffer(read_pixels().translate(grey.tobytes()), np.uint8).reshape(shape)

            return Labels(shape, histogram, png, raw, semantic)
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
    raw = np.asarray(raw, np.int32)
    train_ids = {value: info.void if train_id is None else train_id for value, train_id in info.raw_values}
    listed = sorted(train_ids)
    found = places(listed, raw)
    *counts, others = value_tables.count(found, len(listed) + 1).tolist()
    if others:
        value, count = (each.tolist()[0] for each in np.unique(raw[found == len(listed)], return_counts=True))
        raise _unlisted(value, count, info, path)
    dtype = np.uint8 if info.void == dataset.VOID else np.uint16
    semantic = value_tables.look_up(np.array([train_ids[value] for value in listed], dtype), found)
    return Labels(raw.shape, {value: count for value, count in zip(listed, counts) if count}, b"", raw, semantic)


def places(listed: Sequence[int], raw: np.ndarray) -> np.ndarray:
    """Where raw values, int32 [H, W], stand in a sorted list: uint16 [H, W]; its length for those that do not."""
    if 0 <= raw.min(initial=0) and raw.max(initial=0) <= dataset.VOID_16:
        table = np.full(dataset.VOID_16 + 1, len(listed), np.uint16)
        small = [value for value in listed if value <= dataset.VOID_16]
        table[small] = np.arange(len(small))
        return value_tables.look_up(table, raw)
    # Colours would need too large a table. To sort the pixels, as np.unique does, would take ten times as long.
    values = np.array(listed, np.int32)
    found = np.minimum(np.searchsorted(values, raw), len(listed) - 1)
    return np.where(values[found] == raw, found, len(listed)).astype(np.uint16)


def annotated(example: dataset.Example, labels: Labels) -> dataset.Example:
    """An example with its labels."""
    return dataclasses.replace(
        example,
        semantic=lambda: labels.semantic,
        raw=lambda: labels.raw,
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
