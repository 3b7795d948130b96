"""example_message: the bytes that TensorFlow's own message would give."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import example_message

FEATURES = {
    "image": b"\x00\xff" * 150_000,
    "empty text": b"",
    "nothing": [],
    "texts": [b"a", b"", b"c" * 128, b"d" * 127],
    "numbers": [0, 1, 127, 128, 300, 2**31, 2**63 - 1, -1, -(2**63)],
    "numpy": list(np.array([3, 70_000], np.int32)),
    "floats": [0.0, -1.5, 0.1, 1e30, float("inf")],
    "zeros": [0] * 200,
    "ä": [1],
}


def tensorflow_message(features: dict[str, example_message.Value]) -> tf.train.Example:
    example = tf.train.Example()
    for key, value in features.items():
        values = [value] if isinstance(value, bytes) else value
        feature = example.features.feature[key]
        if not values:
            feature.SetInParent()
        elif isinstance(values[0], bytes):
            feature.bytes_list.value.extend(values)
        elif isinstance(values[0], float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(map(int, values))
    return example


@pytest.mark.parametrize("keys", [[], *([key] for key in FEATURES), list(FEATURES), list(FEATURES)[::-1]])
def test_the_bytes_are_those_of_tensorflow(keys: list[str]) -> None:
    features = {key: FEATURES[key] for key in keys}
    message = tensorflow_message(features)
    written = example_message.serialised(features)
    assert written == message.SerializeToString(deterministic=True) or not keys
    assert tf.train.Example.FromString(written) == message or not keys


def test_what_is_written_is_read() -> None:
    read = example_message.parsed(example_message.serialised(FEATURES))
    assert read.keys() == FEATURES.keys()
    for key, value in FEATURES.items():
        expected = [value] if isinstance(value, bytes) else value
        np.testing.assert_array_equal(read[key], np.float32(expected) if key == "floats" else expected)
