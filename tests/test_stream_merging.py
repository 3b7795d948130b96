"""Streams merged into one map: the paper's step-by-step decision, the product of probabilities, and back."""

import itertools

import keras
import numpy as np
import pytest
from scipy import special

from seg_models.layers import stream_merging

# 0 sky, 1 car, 2 wheel (of a car), 3 road, 4 person, 5 window (of a car), 6 arm (of a person), 7 cloud (of the sky)
STREAMS = stream_merging.Streams(stuff=(0, 3), objects=(1, 4), parts=((1, 2, 5), (4, 6), (0, 7)))
SPANS = (slice(0, 3), slice(3, 5), slice(5, 7))  # of the part stream's channels

merges = pytest.mark.parametrize("merge", stream_merging.MERGES)


def noise() -> list[np.ndarray]:
    """Float32 [2, 9, 9, N] of each stream."""
    random = np.random.default_rng(0)
    return [random.normal(0, 2, (2, 9, 9, count)).astype(np.float32) for count in STREAMS.channels.values()]


def test_channels_of_the_streams() -> None:
    assert STREAMS.channels == {"stuff": 3, "object": 2, "part": 7}
    assert stream_merging.Streams((0,), (1, 2)).channels == {"stuff": 2, "object": 2}


def test_top_down_the_best_category_is_that_of_the_cascade() -> None:
    stuff, objects, parts = noise()
    merged = stream_merging.StreamMerging(STREAMS, "top_down")([stuff, objects, parts]).numpy()
    seen = set()
    for place in itertools.product(*map(range, merged.shape[:3])):
        first = stuff[place].argmax()
        whole = STREAMS.objects[objects[place].argmax()] if first == 2 else STREAMS.stuff[first]
        expected = whole
        for group, span in zip(STREAMS.parts, SPANS):
            if group[0] == whole:
                expected = group[parts[place][span].argmax()]
        assert merged[place].argmax() == expected
        seen.add(expected)
    assert seen == set(range(8))


def test_jointly_the_softmax_is_the_product_of_probabilities() -> None:
    stuff, objects, parts = noise()
    merged = stream_merging.StreamMerging(STREAMS, "joint")([stuff, objects, parts]).numpy()
    first, which = special.softmax(stuff, -1), special.softmax(objects, -1)
    car, person, sky = (special.softmax(parts[..., span], -1) for span in SPANS)
    foreground = first[..., 2]
    product = [
        first[..., 0] * sky[..., 0],
        foreground * which[..., 0] * car[..., 0],
        foreground * which[..., 0] * car[..., 1],
        first[..., 1],
        foreground * which[..., 1] * person[..., 0],
        foreground * which[..., 0] * car[..., 2],
        foreground * which[..., 1] * person[..., 1],
        first[..., 0] * sky[..., 1],
    ]
    np.testing.assert_allclose(special.softmax(merged, -1), np.stack(product, -1), rtol=1e-4)


@merges
def test_the_streams_are_found_again(merge: str) -> None:
    stuff, objects, parts = noise()
    merged = stream_merging.StreamMerging(STREAMS, merge)([stuff, objects, parts])
    found = stream_merging.split(merged, STREAMS, merge)
    np.testing.assert_allclose(found.stuff, stuff, atol=1e-5)
    np.testing.assert_allclose(special.softmax(found.objects, -1), special.softmax(objects, -1), rtol=1e-4)
    for own, span in zip(found.parts, SPANS):
        np.testing.assert_allclose(special.softmax(own, -1), special.softmax(parts[..., span], -1), rtol=1e-4)


@merges
def test_without_parts(merge: str) -> None:
    streams = stream_merging.Streams((1,), (0, 2))
    stuff, objects = np.array([[[[0.5, 1.0]]]], np.float32), np.array([[[[3.0, 5.0]]]], np.float32)
    merged = stream_merging.StreamMerging(streams, merge)([stuff, objects]).numpy()[0, 0, 0]
    assert merged[1] == 0.5 and merged[2] - merged[0] == 2
    together = merged[[0, 2]].max() if merge == "top_down" else special.logsumexp(merged[[0, 2]])
    assert together == pytest.approx(1.0, abs=1e-6)


def test_the_layer_comes_back_from_its_config() -> None:
    layer = stream_merging.StreamMerging(STREAMS, "joint", name="semantic")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.streams == STREAMS and again.merge == "joint" and again.name == "semantic"
