"""The records of a run: every epoch anew, files shuffled too, whatever the global seed; counted without decoding."""

from pathlib import Path

import pytest
import tensorflow as tf

from seg_models import record_stream
from tests import toy_records

SHARDS = (5, 1, 0, 7)  # records in each file
TOTAL = sum(SHARDS)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("records")
    indices = iter(range(TOTAL))
    contents = [[toy_records.example(next(indices)) for _ in range(count)] for count in SHARDS]
    return [toy_records.write(folder / f"records-{number}", examples) for number, examples in enumerate(contents)]


def listed(shards: list[str], count: int, seed: int = 0, start: int = 0, buffer: int = 4) -> list[tuple[int, str]]:
    """(place in the run, key)."""
    stream = record_stream.training(shards, seed=seed, start=start, shuffle_buffer=buffer).take(count)
    keys = stream.map(lambda place, record: (place, record_stream.key(record)))
    return [(int(place), key.decode()) for place, key in keys.as_numpy_iterator()]


def test_starts_anywhere(shards: list[str]) -> None:
    whole = listed(shards, 3 * TOTAL)
    assert [place for place, _ in whole] == list(range(3 * TOTAL))
    for start in (1, TOTAL - 1, TOTAL, 2 * TOTAL + 5):
        assert listed(shards, 5, start=start) == whole[start : start + 5]


def test_the_seed_alone_decides(shards: list[str]) -> None:
    orders = []
    for seed in (0, 1):
        tf.random.set_seed(seed)
        orders.append(listed(shards, TOTAL))
    assert orders[0] == orders[1] != listed(shards, TOTAL, seed=1)


def test_files_too_are_shuffled(shards: list[str]) -> None:
    keys = [key for _, key in listed(shards, 8 * TOTAL, buffer=1)]
    assert len({keys[start] for start in range(0, 8 * TOTAL, TOTAL)}) > 1


def test_evaluation_is_in_file_order(shards: list[str]) -> None:
    keys = [record_stream.key(record).numpy().decode() for record in record_stream.evaluation(shards)]
    assert keys == [f"image {index}" for index in range(TOTAL)]


def test_count(shards: list[str]) -> None:
    assert record_stream.count(shards) == TOTAL
    assert [record_stream.count([path]) for path in shards] == list(SHARDS)
