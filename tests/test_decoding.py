"""What is decoded of a record: a part of any image is that part of the whole."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from seg_models import dataset, decoding, records, resize
from tests import toy_records


def source(kind: str, mode: str = "RGB", subsampling: int = 2) -> decoding.Source:
    """A record of a noisy image, and of classes and instances that count its rows and columns."""
    size = (70, 90)
    coarse = np.random.default_rng(0).integers(0, 255, [7, 9, 3]).astype(np.uint8)
    image = Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"subsampling": subsampling} if kind == "jpeg" else {}))
    rows, columns = np.mgrid[: size[0], : size[1]]
    example = dataset.Example(
        "a", buffer.getvalue(), kind, *size, semantic=(rows % 4).astype(np.uint8), instance=columns.astype(np.uint16)
    )
    return decoding.read(tf.constant(records.encode(example)), toy_records.INFO)


@pytest.mark.parametrize(
    "kind, mode, subsampling",
    [
        *(("jpeg", "RGB", subsampling) for subsampling in (0, 1, 2)),
        ("jpeg", "L", 0), ("jpeg", "CMYK", 0), ("png", "RGB", 0), ("png", "P", 0),
    ],
)  # fmt: skip
def test_a_part_is_that_of_the_whole(kind: str, mode: str, subsampling: int) -> None:
    one = source(kind, mode, subsampling)
    whole = one.whole()
    assert one.size.numpy().tolist() == [70, 90] and one.is_jpeg.numpy() == (kind == "jpeg")
    whole_image = tf.io.decode_image(one.encoded, channels=3) if mode != "CMYK" else whole["image"]
    assert (whole["image"].numpy() == tf.cast(whole_image, tf.float32).numpy()).all()
    random = np.random.default_rng(1).integers(-6, 70, [20, 2]).tolist()
    for offset in [(0, 0), (3, 5), (16, 32), (37, 41), (60, 80), (-4, 85), *random]:
        window = resize.window(one.size, one.size, tf.constant(offset), (12, 17))
        part = one.seen(window, toy_records.INFO)
        padded = {
            "image": np.pad(whole["image"], [(20, 20), (20, 20), (0, 0)], constant_values=127.5),
            "semantic": np.pad(whole["semantic"], 20, constant_values=255),
            "instance": np.pad(whole["instance"], 20),
        }
        for name, values in padded.items():
            expected = values[20 + offset[0] : 32 + offset[0], 20 + offset[1] : 37 + offset[1]]
            np.testing.assert_array_equal(part[name], expected, err_msg=f"{name} at {offset}")
        assert (one.semantic(window, toy_records.INFO).numpy() == part["semantic"].numpy()).all()


def test_resized_as_for_serving() -> None:
    one = source("jpeg")
    for size in [(35, 45), (140, 180), (70, 90), (50, 120)]:
        example = one.whole(size)
        pixels = tf.io.decode_image(one.encoded, channels=3)
        assert (example["image"].numpy() == resize.image(pixels[tf.newaxis], size)[0].numpy()).all()
        assert example["image"].shape == (*size, 3) and example["semantic"].dtype == tf.int32


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_a_broken_image_raises(kind: str) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros([40, 40, 3], np.uint8)).save(buffer, kind)
    record = records.encode(dataset.Example("a", buffer.getvalue()[:60], kind, 40, 40))
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoding.read(tf.constant(record), toy_records.INFO).whole()
