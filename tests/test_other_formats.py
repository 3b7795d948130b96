"""other_formats: TIFF, GIF, BMP and PPM become PNG pixel for pixel; PNG and JPEG stay as they are."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import errors, image_files
from seg_models.raw import other_formats

GREY = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
RGB = np.stack([GREY, GREY // 2, 255 - GREY], axis=-1)


@pytest.mark.parametrize("pixels", [GREY, RGB, GREY.astype(np.uint16) * 250, GREY > 50], ids=["8", "rgb", "16", "1"])
@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"compression": "packbits"}], ids=str)
def test_tiff_keeps_every_pixel(tmp_path: Path, pixels: np.ndarray, options: dict[str, str]) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(pixels).save(path, **options)
    encoded, image_format, height, width = other_formats.read_image(path)
    assert (image_format, height, width) == ("png", 4, 6)
    np.testing.assert_array_equal(image_files.decode(encoded), pixels)


@pytest.mark.parametrize("name", ["a.bmp", "a.ppm", "a.tif"])
def test_other_formats_keep_every_pixel(tmp_path: Path, name: str) -> None:
    Image.fromarray(RGB).save(tmp_path / name)
    encoded, *_ = other_formats.read_image(tmp_path / name)
    np.testing.assert_array_equal(image_files.decode(encoded), RGB)


def test_gif_keeps_its_colours(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.gif")
    encoded, *_ = other_formats.read_image(tmp_path / "a.gif")
    np.testing.assert_array_equal(image_files.decode_rgb(encoded), np.repeat(GREY[..., None], 3, axis=2))


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_png_and_jpeg_stay_as_they_are(tmp_path: Path, name: str) -> None:
    Image.fromarray(RGB).save(tmp_path / name)
    assert other_formats.read_image(tmp_path / name)[0] == (tmp_path / name).read_bytes()


def test_pages_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(GREY).save(path, save_all=True, append_images=[Image.fromarray(GREY + 1)])
    assert other_formats.pages(path) == 2
    np.testing.assert_array_equal(image_files.decode(other_formats.read_image(path, 1)[0]), GREY + 1)
    np.testing.assert_array_equal(other_formats.read_page(path, 0), GREY)
    with pytest.raises(errors.DataError, match="a.tif: has 2 pages; expected one image"):
        other_formats.read_image(path)
    with pytest.raises(errors.DataError, match="a.tif: truncated or corrupt, page 2"):
        other_formats.read_page(path, 2)


def test_what_png_cannot_keep_is_refused(tmp_path: Path) -> None:
    Image.fromarray(GREY.astype(np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(errors.DataError, match="a.tif: TIFF of mode F; expected"):
        other_formats.read_image(tmp_path / "a.tif")
    Image.fromarray(RGB).save(tmp_path / "b.tif")
    with pytest.raises(errors.DataError, match="b.tif: page 0 has mode RGB; expected one channel"):
        other_formats.read_page(tmp_path / "b.tif", 0)


@pytest.mark.parametrize("kept", [0.1, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("name", ["a.tif", "a.gif", "a.bmp", "a.ppm"])
def test_a_truncated_file_is_a_data_error(tmp_path: Path, name: str, kept: float) -> None:
    path = tmp_path / name
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(errors.DataError, match=name):
        other_formats.read_image(path)
