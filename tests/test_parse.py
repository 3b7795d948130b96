"""What a record becomes: input_pipeline.parse against the Example that was encoded."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from seg_models import dataset, image_files, input_pipeline, records
from tests import toy_records

WIDE = dataset.DatasetInfo("wide", tuple(dataset.Category(str(i), (0, 0, 0)) for i in range(300)), ())


def test_parse_gives_what_was_encoded() -> None:
    original = toy_records.example(5)
    parsed = input_pipeline.parse(tf.constant(records.encode(original)), toy_records.INFO)
    np.testing.assert_array_equal(parsed["image"], image_files.decode_rgb(original.image_bytes))
    np.testing.assert_array_equal(parsed["semantic"], original.semantic)
    np.testing.assert_array_equal(parsed["instance"], original.instance)
    assert parsed["image"].dtype == tf.float32
    assert parsed["semantic"].dtype == parsed["instance"].dtype == parsed["object_category"].dtype == tf.int32
    assert parsed["key"] == b"image 5" and parsed["weight"] == 1.0
    assert parsed["object_category"].numpy().tolist() == [2, 2]
    assert parsed["object_instance"].numpy().tolist() == [300, 600]
    assert parsed["object_crowd"].numpy().tolist() == [False, True]


def test_parse_16_bit_maps() -> None:
    semantic = np.array([[299, 65535, 7]], np.uint16)
    pixels = image_files.encode_png(np.zeros([1, 3, 3], np.uint8))
    record = records.encode(dataset.Example("a", pixels, "png", 1, 3, semantic=semantic))
    assert input_pipeline.parse(tf.constant(record), WIDE)["semantic"].numpy().tolist() == [[299, 65535, 7]]


@pytest.mark.parametrize("mode, format", [("L", "PNG"), ("RGBA", "PNG"), ("P", "PNG"), ("L", "JPEG"), ("RGB", "JPEG")])
def test_parse_every_kind_of_image_and_no_annotations(mode: str, format: str) -> None:
    buffer = io.BytesIO()
    ramp = np.linspace(0, 255, 16 * 24).reshape(16, 24).astype(np.uint8)
    Image.fromarray(ramp).convert("RGB").convert(mode).save(buffer, format)
    record = records.encode(dataset.Example("a", buffer.getvalue(), format.lower(), 16, 24))
    parsed = input_pipeline.parse(tf.constant(record), toy_records.INFO)
    truth = image_files.decode_rgb(buffer.getvalue()).astype(np.float32)
    # The two JPEG decoders round differently.
    np.testing.assert_allclose(parsed["image"], truth, atol=3 if format == "JPEG" else 0)
    assert (parsed["semantic"].numpy() == 255).all() and (parsed["instance"].numpy() == 0).all()
    assert parsed["semantic"].shape == (16, 24) and parsed["object_category"].shape == (0,)
