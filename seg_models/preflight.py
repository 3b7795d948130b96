"""Looks at what training is about to be fed, before the first step: wrong labels are cheaper to find here."""

import numpy as np
import tensorflow as tf

from seg_models import dataset, errors

BATCHES = 16


def check(batches: tf.data.Dataset, info: dataset.DatasetInfo) -> None:
    """Checks batches until one has a labelled pixel, 16 at most.

    Raises:
      UserError: a label is out of range, a pixel is not finite, or nothing at all is labelled; names the records.
    """
    keys = []
    for batch in batches.take(BATCHES).as_numpy_iterator():
        keys += [key.decode() for key in batch["key"]]
        for image, semantic, key in zip(batch["image"], batch["semantic"], keys[-len(batch["key"]) :]):
            _check_example(image, semantic, key, info)
        if (batch["semantic"] != info.void).any():
            return
    raise errors.UserError(
        f"No pixel is labelled in the first {len(keys)} images ({', '.join(keys[:8])}): all are void ({info.void}). "
        f"Check `raw_values` of data set `{info.name}`, and that this split has masks."
    )


def _check_example(image: np.ndarray, semantic: np.ndarray, key: str, info: dataset.DatasetInfo) -> None:
    """`image` float32 [H, W, 3], `semantic` int32 [H, W]."""
    if not np.isfinite(image).all() or image.min() < 0 or image.max() > 255:
        raise errors.UserError(f"{key}: pixels from {image.min()} to {image.max()}; expected 0..255.")
    wrong = semantic[(semantic != info.void) & ((semantic < 0) | (semantic >= info.num_categories))]
    if wrong.size:
        raise errors.UserError(
            f"{key}: train ids {sorted(set(wrong.tolist()))} on {wrong.size} pixels; data set `{info.name}` has "
            f"0..{info.num_categories - 1}, and {info.void} for void. Convert the data set again."
        )
