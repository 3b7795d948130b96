"""instance_maps: ids are kept, and a file is taken over as it is where it can be."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from seg_models import errors
from seg_models.raw import instance_maps

FEW = np.array([[0, 1, 255], [7, 7, 0]], np.uint8)
MANY = np.array([[0, 1, 256], [700, 7, 65535]], np.uint16)


@pytest.mark.parametrize(
    ("values", "mode", "kept"),
    [(FEW, "L", True), (FEW, "P", True), (MANY, "I;16", True), (FEW.astype(np.uint16), "I;16", False)],
    ids=["8 bits", "indexed", "16 bits", "16 bits that need 8"],
)
def test_ids_are_kept_and_pixels_not_encoded_again(tmp_path: Path, values: np.ndarray, mode: str, kept: bool) -> None:
    image = Image.frombytes(mode, values.shape[::-1], values.tobytes())
    if mode == "P":
        image.putpalette(bytes(range(255, -1, -1)) * 3)
    image.save(tmp_path / "i.png")
    instance, png = instance_maps.read(tmp_path / "i.png")
    np.testing.assert_array_equal(instance, values)
    assert bool(png) == kept
    if kept:
        dtype = tf.uint8 if values.max() < 256 else tf.uint16
        np.testing.assert_array_equal(tf.io.decode_png(png, channels=1, dtype=dtype)[..., 0], values)


def test_colours_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.full((2, 2, 3), 9, np.uint8)).save(tmp_path / "i.png")
    with pytest.raises(errors.DataError, match="i.png: an instance map is an 8- or 16-bit PNG"):
        instance_maps.read(tmp_path / "i.png")


def test_overlaps_by_hand() -> None:
    instance = np.array([[0, 3, 3], [700, 700, 3]])
    semantic = np.array([[1, 1, 2], [0, 255, 2]], np.uint8)
    ids, counts = instance_maps.overlaps(instance, semantic)
    assert ids.tolist() == [3, 700]
    assert [{value: n for value, n in enumerate(row) if n} for row in counts.tolist()] == [{1: 1, 2: 2}, {0: 1, 255: 1}]
    assert instance_maps.overlaps(instance * 0, semantic)[1].size == 0
