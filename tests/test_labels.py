"""labels: the label contract, and that the quick way for 8-bit PNGs gives what the general way gives."""

import io
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from seg_models import dataset, errors, labels
from tests import test_dataset

info = test_dataset.info
MIXED = np.random.default_rng(0).choice(np.array([0, 5, 9, 255], np.uint8), (20, 31))


def test_raw_values_become_train_ids_and_are_counted() -> None:
    made = labels.of(np.array([[5, 5, 0], [255, 9, 9]], np.int32), info(), "a.png")
    assert made.semantic.dtype == np.uint8
    assert made.semantic.tolist() == [[1, 1, 0], [255, 2, 2]]
    assert made.histogram == {0: 1, 5: 2, 9: 2, 255: 1}


def test_many_classes_give_16_bit_maps() -> None:
    many = info(300, tuple((value, value) for value in range(300)) + ((400, None),))
    made = labels.of(np.array([[299, 400]]), many, "a.png")
    assert made.semantic.dtype == np.uint16
    assert made.semantic.tolist() == [[299, 65535]]


def test_random_maps_equal_a_lookup_pixel_by_pixel() -> None:
    rng = np.random.default_rng(0)
    raw_values = ((0, 2), (3, None), (70000, 0), (16777215, 1))
    table = {value: 255 if train_id is None else train_id for value, train_id in raw_values}
    raw = rng.choice(list(table), (40, 50)).astype(np.int32)
    made = labels.of(raw, info(3, raw_values), "a.png")
    assert made.semantic.tolist() == [[table[value] for value in row] for row in raw.tolist()]
    assert made.histogram == {value: int((raw == value).sum()) for value in table}


@pytest.mark.parametrize("value", [1, 4, 10, 254, 256])
def test_an_unlisted_value_names_file_value_and_pixels(value: int) -> None:
    raw = np.zeros((4, 4), np.int32)
    raw[1, :3] = value
    said = rf"^some/mask.png: raw value {value} on 3 pixels is not listed for data set `made`"
    with pytest.raises(errors.DataError, match=said):
        labels.of(raw, info(), "some/mask.png")


def test_an_unlisted_colour_is_shown_as_rgb() -> None:
    with pytest.raises(errors.DataError, match=r"65793 = RGB \(1, 1, 1\) on 2 pixels"):
        labels.of(np.full((1, 2), 65793), info(), "a.png")


def written(path: Path, mode: str, values: np.ndarray = MIXED) -> Path:
    """Values as a grey or an indexed PNG."""
    image = Image.fromarray(values, mode)
    if mode == "P":
        image.putpalette(np.random.default_rng(1).integers(0, 256, 768, np.uint8).tobytes())
    image.save(path)
    return path


@pytest.mark.parametrize("mode", ["L", "P"])
def test_an_8_bit_png_is_read_without_encoding_it_again(tmp_path: Path, mode: str) -> None:
    read = labels.read(written(tmp_path / "m.png", mode), info())
    expected = labels.of(MIXED, info(), "m.png")
    np.testing.assert_array_equal(read.semantic, expected.semantic)
    np.testing.assert_array_equal(read.raw, MIXED)
    assert read.histogram == expected.histogram
    np.testing.assert_array_equal(tf.io.decode_png(read.png, channels=1)[..., 0], expected.semantic)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(read.png))), MIXED)


def test_masks_of_other_kinds_take_the_general_way(tmp_path: Path) -> None:
    Image.fromarray(MIXED.astype(np.uint16)).save(tmp_path / "deep.png")
    Image.fromarray(np.dstack([MIXED * 0, MIXED * 0, MIXED])).save(tmp_path / "rgb.png")
    for name in ("deep.png", "rgb.png"):
        read = labels.read(tmp_path / name, info())
        np.testing.assert_array_equal(read.raw, MIXED)
        np.testing.assert_array_equal(read.semantic, labels.of(MIXED, info(), name).semantic)


def test_stray_values_of_an_8_bit_png_are_named(tmp_path: Path) -> None:
    stray = MIXED.copy()
    stray[3, :7] = 17
    path = written(tmp_path / "m.png", "P", stray)
    with pytest.raises(errors.DataError, match=f"^{path}: raw value 17 on 7 pixels is not listed"):
        labels.read(path, info())
