"""Turn: all quarters of a square, halves of all else."""

import numpy as np
import tensorflow as tf

from seg_models import dataset
from seg_models.augment import turn

INFO = dataset.DatasetInfo("none", (dataset.Category("a", (0, 0, 0)),), ())


def turned(size: tuple[int, int], seed: int) -> int:
    """By how many quarters, the same for image and maps."""
    ids = np.arange(size[0] * size[1], dtype=np.int32).reshape(size)
    image = np.repeat(ids[..., None], 3, axis=2).astype(np.float32)
    example = {"image": tf.constant(image), "semantic": tf.constant(ids), "instance": tf.constant(ids * 2)}
    result = turn.apply(turn.Config(), example, seed=tf.constant([0, seed]), info=INFO)
    (quarters,) = [k for k in range(4) if np.array_equal(np.rot90(ids, k), result["semantic"])]
    assert (result["instance"].numpy() == np.rot90(ids, quarters) * 2).all()
    assert (result["image"].numpy() == np.rot90(image, quarters)).all()
    return quarters


def test_a_square_is_turned_by_all_four() -> None:
    counts = np.bincount([turned((3, 3), seed) for seed in range(120)], minlength=4)
    assert (counts > 12).all()  # 30 expected


def test_what_is_no_square_keeps_its_size() -> None:
    counts = np.bincount([turned((2, 3), seed) for seed in range(60)], minlength=4)
    assert counts[1] == counts[3] == 0 and min(counts[0], counts[2]) > 12
