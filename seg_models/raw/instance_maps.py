"""Instance maps as files: one channel of 8 or 16 bits, 0 = no instance, ids unique in an image."""

import os

import numpy as np

from seg_models import dataset, errors, image_files, image_structure, raw_files


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
    ids = np.flatnonzero(np.bincount(instance.ravel()))
    ids = ids[ids > 0]
    ranks = np.zeros(int(instance.max(initial=0)) + 1, np.int64)
    ranks[ids] = np.arange(1, len(ids) + 1)
    values = int(semantic.max(initial=0)) + 1
    # Counting pairs takes a tenth of the time that sorting them, as np.unique does, would.
    pairs = np.bincount((ranks * values)[instance.ravel()] + semantic.ravel(), minlength=(len(ids) + 1) * values)
    return ids, pairs.reshape(-1, values)[1:]
