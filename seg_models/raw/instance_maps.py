"""Instance maps as files: one channel of 8 or 16 bits, 0 = no instance, ids unique in an image."""

import os

import numpy as np

from seg_models import dataset, errors, image_files, image_structure, raw_files, value_tables


def read(path: str | os.PathLike[str]) -> tuple[np.ndarray, bytes]:
    """Reads an instance map.

    Returns:
      instance int32 [H, W], and Example.instance_png where the file gives it without encoding again; b"" otherwise.

    Raises:
      DataError: the file is missing, truncated, no image, or has colours in place of ids.
    """
    encoded = raw_files.read(path)
    instance = image_files.read_raw_mask(path, encoded)
    highest = int(instance.max(initial=0))
    if highest > dataset.VOID_16:
        raise errors.DataError(f"{path}: an instance map is an 8- or 16-bit PNG with one channel; this one is RGB.")
    return instance, image_structure.as_grey(encoded, 8 if highest < 256 else 16) or b""


def overlaps(instance: np.ndarray, semantic: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which instances lie on which classes.

    Args:
      instance: int [H, W], 0 = no instance, below 65536.
      semantic: uint8 or uint16 [H, W].

    Returns:
      the ids that are there, 0 apart, int [N] sorted, and the pixels of each on every class value, int [N, V].
    """
    ids = np.flatnonzero(value_tables.count(instance))
    ids = ids[ids > 0]
    values = int(semantic.max(initial=0)) + 1
    # Each pair is one number, in as few bits as will do: to count numbers takes a tenth of the time of sorting pairs.
    count = (len(ids) + 1) * values
    firsts = np.zeros(int(instance.max(initial=0)) + 1, np.uint16 if count <= 1 << 16 else np.int64)
    firsts[ids] = np.arange(1, len(ids) + 1) * values
    pairs = value_tables.count(value_tables.look_up(firsts, instance) + semantic, count)
    return ids, pairs.reshape(-1, values)[1:]
