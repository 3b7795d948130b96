"""image_files: what is refused, and that PNG keeps every value."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import errors, image_files

RGB = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def encoded(kind: str, values: np.ndarray = RGB) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, kind)
    return buffer.getvalue()


def saved(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_an_image_is_kept_as_it_came(tmp_path: Path, kind: str) -> None:
    content = encoded(kind)
    assert image_files.read_image(saved(tmp_path / "a", content)) == (content, kind, 20, 30)


@pytest.mark.parametrize("kind", ["png", "jpeg"])
@pytest.mark.parametrize("lost", [1, 4, 8, 12, 16, 100, 700])
def test_a_truncated_image_is_refused_however_little_is_lost(tmp_path: Path, kind: str, lost: int) -> None:
    path = saved(tmp_path / "a", encoded(kind)[:-lost])
    with pytest.raises(errors.DataError, match=f"^{path}: truncated or corrupt"):
        image_files.read_image(path)


def test_a_truncated_mask_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.png", encoded("png", RGB[..., 0])[:-12])
    with pytest.raises(errors.DataError, match=f"^{path}: truncated or corrupt"):
        image_files.read_raw_mask(path)


def test_a_png_with_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    content = bytearray(encoded("png"))
    content[-14] ^= 1  # in the checksum of the last data chunk, before the 12 bytes of the end chunk
    with pytest.raises(errors.DataError, match="wrong checksum"):
        image_files.read_image(saved(tmp_path / "a.png", bytes(content)))


def test_a_missing_empty_or_foreign_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.DataError, match=f"^{tmp_path / 'no.png'}: the file is missing"):
        image_files.read_image(tmp_path / "no.png")
    with pytest.raises(errors.DataError, match="the file is empty"):
        image_files.read_image(saved(tmp_path / "empty.png", b""))
    with pytest.raises(errors.DataError, match="not an image"):
        image_files.read_image(saved(tmp_path / "text.png", b"not found"))
    with pytest.raises(errors.DataError, match="the image is BMP; expected PNG or JPEG"):
        image_files.read_image(saved(tmp_path / "a.bmp", encoded("bmp")))
    with pytest.raises(errors.DataError, match="cannot be read"):
        image_files.read_image(tmp_path)


def test_raw_values_of_indexed_grey_deep_and_binary_masks(tmp_path: Path) -> None:
    values = np.array([[0, 1, 255], [7, 9, 200]], np.uint8)
    indexed = Image.fromarray(values, "P")
    indexed.putpalette([255 - i // 3 for i in range(768)])
    indexed.save(tmp_path / "p.png")
    assert image_files.read_raw_mask(tmp_path / "p.png").tolist() == values.tolist()
    assert image_files.read_raw_mask(saved(tmp_path / "l.png", encoded("png", values))).tolist() == values.tolist()
    deep = np.array([[0, 256, 65535]], np.uint16)
    assert image_files.read_raw_mask(saved(tmp_path / "d.png", encoded("png", deep))).tolist() == deep.tolist()
    Image.fromarray(values > 8).save(tmp_path / "b.png")
    assert image_files.read_raw_mask(tmp_path / "b.png").tolist() == [[0, 0, 1], [0, 1, 1]]


def test_raw_values_of_colours(tmp_path: Path) -> None:
    colours = np.array([[[1, 2, 3], [255, 0, 128]]], np.uint8)
    expected = [[1 * 65536 + 2 * 256 + 3, 255 * 65536 + 128]]
    assert image_files.read_raw_mask(saved(tmp_path / "rgb.png", encoded("png", colours))).tolist() == expected
    with_alpha = np.concatenate([colours, np.full((1, 2, 1), 9, np.uint8)], axis=2)
    assert image_files.read_raw_mask(saved(tmp_path / "rgba.png", encoded("png", with_alpha))).tolist() == expected


def test_a_jpeg_mask_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.DataError, match="mask is a JPEG"):
        image_files.read_raw_mask(saved(tmp_path / "m.jpg", encoded("jpeg")))


def test_a_mask_of_another_size_names_both_files_and_sizes() -> None:
    image_files.check_same_size(np.zeros((4, 6)), 4, 6, "m.png", "a.jpg")
    with pytest.raises(errors.DataError, match="^m.png: the mask is 6x4, its image a.jpg is 5x4"):
        image_files.check_same_size(np.zeros((4, 6)), 4, 5, "m.png", "a.jpg")


@pytest.mark.parametrize(
    "values",
    [RGB, RGB[..., 0], np.array([[0, 256, 65535]], np.uint16), np.array([[0, 70]], np.int64)],
    ids=["rgb", "8 bits", "16 bits", "int64"],
)
def test_png_keeps_every_value(values: np.ndarray) -> None:
    np.testing.assert_array_equal(image_files.decode(image_files.encode_png(values)), values)


def test_png_holds_no_more_than_16_bits() -> None:
    with pytest.raises(ValueError, match="0..65535"):
        image_files.encode_png(np.array([[65536]]))
    with pytest.raises(ValueError, match="0..65535"):
        image_files.encode_png(np.array([[-1]]))


def test_rgb_of_grey_and_deep_images() -> None:
    grey = image_files.decode_rgb(encoded("png", RGB[..., 0]))
    np.testing.assert_array_equal(grey, np.stack([RGB[..., 0]] * 3, axis=-1))
    deep = image_files.decode_rgb(encoded("png", np.array([[0, 255, 256, 65535]], np.uint16)))
    assert deep.dtype == np.uint8
    assert deep[0, :, 1].tolist() == [0, 0, 1, 255]


def test_a_file_is_written_whole_and_nothing_else_left(tmp_path: Path) -> None:
    image_files.write_atomically(tmp_path / "new" / "a.png", b"first")
    image_files.write_atomically(tmp_path / "new" / "a.png", b"second")
    assert [path.read_bytes() for path in (tmp_path / "new").iterdir()] == [b"second"]


def test_an_image_above_the_limit_is_refused_until_it_is_raised(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", encoded("png"))
    try:
        image_files.limit_pixels(599)
        with pytest.raises(errors.DataError, match="30x20 pixels are more than the limit of 599.*--max_pixels"):
            image_files.read_image(path)
        image_files.limit_pixels(600)
        assert image_files.read_image(path)[2:] == (20, 30)
    finally:
        image_files.limit_pixels(178_956_970)


def test_what_is_ours_is_of_any_size() -> None:
    try:
        image_files.limit_pixels(599)
        with image_files.of_any_size():
            assert image_files.decode(encoded("png")).shape == (20, 30, 3)
        with pytest.raises(errors.DataError, match="more than the limit of 599"):
            image_files.decode(encoded("png"))
    finally:
        image_files.limit_pixels(178_956_970)


def test_a_cmyk_image_is_refused_and_grey_alpha_and_16_bits_are_kept(tmp_path: Path) -> None:
    Image.fromarray(RGB).convert("CMYK").save(tmp_path / "a.jpg")
    with pytest.raises(errors.DataError, match="a.jpg: a CMYK JPEG"):
        image_files.read_image(tmp_path / "a.jpg")
    alpha = np.dstack([RGB, RGB[..., :1]])
    for values in (RGB[..., 0], alpha, RGB[..., 0].astype(np.uint16) * 257):
        content = encoded("png", values)
        assert image_files.read_image(saved(tmp_path / "a.png", content)) == (content, "png", 20, 30)


def test_a_mask_drawn_on_the_turned_image_is_told_from_a_wrong_one(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(RGB).save(tmp_path / "a.jpg", exif=exif)
    with pytest.raises(errors.DataError, match="EXIF orientation 6"):
        image_files.check_same_size(np.zeros((30, 20)), 20, 30, "m.png", str(tmp_path / "a.jpg"))
