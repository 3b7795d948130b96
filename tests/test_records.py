"""records: TensorFlow reads what is written without it, nothing is lost, corruption is found."""

import dataclasses
import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors, image_files, records

INFO = dataset.DatasetInfo(
    "made",
    tuple(dataset.Category(name, (0, 0, 0), is_thing=name == "car") for name in ("road", "car", "sky")),
    ((0, 0), (1, 1), (2, 2), (255, None)),
)
SEMANTIC = np.array([[2, 2, 2, 255], [1, 1, 0, 1], [1, 1, 0, 1]], np.uint8)
INSTANCE = np.array([[0, 0, 0, 0], [7, 7, 0, 4], [7, 7, 0, 0]], np.int32)


def example(**changes: object) -> dataset.Example:
    image = image_files.encode_png(np.arange(36, dtype=np.uint8).reshape(3, 4, 3))
    amodal = np.zeros((3, 4), bool)
    amodal[1:, :3] = True
    made = dataset.Example(
        key="town/a",
        image_bytes=image,
        image_format="png",
        height=3,
        width=4,
        semantic=SEMANTIC,
        instance=INSTANCE,
        objects=(
            dataset.Object(1, 7, amodal=amodal, depth=1),
            dataset.Object(1, 4, is_crowd=True, depth=0),
            dataset.Object(1, 0, amodal=~amodal),
        ),
    )
    return dataclasses.replace(made, **changes)


def assert_equal(first: dataset.Example, second: dataset.Example) -> None:
    for name in ("key", "image_bytes", "image_format", "height", "width"):
        assert getattr(first, name) == getattr(second, name)
    for name in ("semantic", "instance"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert len(first.objects) == len(second.objects)
    for one, other in zip(first.objects, second.objects):
        for name in ("category", "instance", "is_crowd", "depth"):
            assert getattr(one, name) == getattr(other, name)
        np.testing.assert_array_equal(one.amodal, other.amodal)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"objects": (), "instance": np.zeros((3, 4), np.int32)},
        {"instance": None, "objects": ()},
        {"semantic": None, "instance": None, "objects": ()},
        {"semantic": SEMANTIC.astype(np.uint16) + 300},
        {"instance": np.where(INSTANCE == 7, 60000, INSTANCE)},
    ],
    ids=["all", "no objects", "semantic", "image alone", "16-bit classes", "16-bit instances"],
)
def test_an_example_comes_back_as_it_was(changes: dict[str, object]) -> None:
    made = example(**changes)
    decoded = records.decode(records.encode(made))
    assert_equal(decoded, made)
    assert made.semantic is None or decoded.semantic.dtype == made.semantic.dtype


def test_the_same_example_gives_the_same_bytes() -> None:
    assert records.encode(example()) == records.encode(example())


def test_tensorflow_reads_the_files_and_the_features(tmp_path: Path) -> None:
    path = str(tmp_path / "a.tfrecord")
    with open(path, "wb") as file:
        for key in ("a", "b"):
            records.write(file, records.encode(example(key=key)))
    read = list(tf.data.TFRecordDataset(path).as_numpy_iterator())
    parsed = [tf.train.Example.FromString(record).features.feature for record in read]
    assert [features["image/source_id"].bytes_list.value[0] for features in parsed] == [b"a", b"b"]
    features = parsed[0]
    assert features["image/height"].int64_list.value[:] == [3]
    np.testing.assert_array_equal(
        tf.io.decode_png(features["image/segmentation/class/encoded"].bytes_list.value[0])[..., 0], SEMANTIC
    )
    np.testing.assert_array_equal(
        tf.io.decode_png(features["image/panoptic/instance_mask"].bytes_list.value[0])[..., 0], INSTANCE
    )
    assert features["image/object/class/label"].int64_list.value[:] == [1, 1, 1]
    assert features["image/object/area"].float_list.value[:] == [4, 1, 0]
    boxes = [features[f"image/object/bbox/{side}"].float_list.value[:] for side in ("ymin", "xmin", "ymax", "xmax")]
    expected = [[1 / 3, 0, 1, 0.5], [1 / 3, 0.75, 2 / 3, 1], [0, 0, 0, 0]]
    np.testing.assert_allclose(np.transpose(boxes), expected, rtol=1e-6)
    mask = tf.io.decode_png(features["image/object/mask"].bytes_list.value[1], channels=1)
    np.testing.assert_array_equal(mask[..., 0], INSTANCE == 4)


def test_tensorflow_files_are_read(tmp_path: Path) -> None:
    path = str(tmp_path / "a.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for record in (b"", b"x" * 5000):
            writer.write(record)
    with open(path, "rb") as file:
        assert list(records.read(file)) == [b"", b"x" * 5000]


@pytest.mark.parametrize("lost", [1, 4, 20])
def test_a_truncated_file_names_the_record(lost: int) -> None:
    file = io.BytesIO()
    for record in (b"whole", b"cut off"):
        records.write(file, record)
    reading = records.read(io.BytesIO(file.getvalue()[:-lost]), "shard")
    assert next(reading) == b"whole"
    with pytest.raises(errors.DataError, match="^shard: record 1 is truncated or corrupt"):
        next(reading)


def test_a_length_beyond_all_memory_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "shard").write_bytes(struct.pack("<Q", 2**62) + b"none" + b"content")
    with (tmp_path / "shard").open("rb") as file, pytest.raises(errors.DataError, match="record 0 is truncated"):
        next(records.read(file, "shard"))


@pytest.mark.parametrize("place", [0, 9, 14, 17])
def test_a_changed_byte_is_found(place: int) -> None:
    file = io.BytesIO()
    records.write(file, b"content")
    content = bytearray(file.getvalue())
    content[place] ^= 1
    with pytest.raises(errors.DataError, match="record 0 is truncated or corrupt"):
        list(records.read(io.BytesIO(bytes(content))))


def test_panoptic_by_hand() -> None:
    combined, ids = records.panoptic(example(), INFO)
    # Road 0, car 1 (instances 1 and 2 of the category, 0 = of none), sky 2; the divisor of three classes is 1000.
    assert combined.tolist() == [[2000, 2000, 2000, 65535], [1001, 1001, 0, 1002], [1001, 1001, 0, 1000]]
    assert {key: thing and thing.instance for key, thing in ids.items()} == {0: None, 2000: None, 1001: 7, 1002: 4}


def test_too_many_instances_for_the_divisor_are_refused() -> None:
    many = dataclasses.replace(INFO, categories=INFO.categories * 10000)
    assert many.label_divisor == 2
    with pytest.raises(errors.DataError, match="town/a: more than 1 instances in one image.*car"):
        records.panoptic(example(), many)


def test_no_tensorflow_is_loaded() -> None:
    script = "import sys; from seg_models import records; print('tensorflow' in sys.modules)"
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
