"""The records of a training run in their order, which follows from the seed alone, from any place in the run on."""

from collections.abc import Sequence

import tensorflow as tf

from seg_models import decoding, errors, records

FILES_AT_ONCE = 8  # part of the order: changing it changes what every step of a run is fed
READ_BUFFER = 1 << 20


def training(shards: Sequence[str], *, seed: int, start: int, shuffle_buffer: int) -> tf.data.Dataset:
    """(place in the run int64, record) from place `start` on, without end; a new order every epoch."""
    _check_not_empty(shards)
    first_epoch, skipped = divmod(start, count(shards)) if start else (0, 0)

    def epoch(number: tf.Tensor) -> tf.data.Dataset:
        # `shuffle` mixes the global seed in, and where that is 0 compares `seed` in Python, which a tensor forbids.
        tf.compat.v1.get_default_graph().seed = None
        draws = tf.random.stateless_uniform([len(shards) + 1], [seed, number], None, None, tf.int64)
        files = tf.data.Dataset.from_tensor_slices(tf.gather(tf.constant(list(shards)), tf.argsort(draws[1:])))
        read = files.interleave(
            lambda path: tf.data.TFRecordDataset(path, buffer_size=READ_BUFFER),
            cycle_length=FILES_AT_ONCE,
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        return read.shuffle(shuffle_buffer, seed=draws[0], reshuffle_each_iteration=False)

    epochs = tf.data.Dataset.counter(first_epoch).flat_map(epoch)
    return epochs.skip(skipped).enumerate(start)


def evaluation(shards: Sequence[str]) -> tf.data.Dataset:
    """The records once, in file order."""
    _check_not_empty(shards)
    return tf.data.TFRecordDataset(list(shards), buffer_size=READ_BUFFER)


def key(record: tf.Tensor) -> tf.Tensor:
    """The key of a serialised record, both scalar strings."""
    return tf.io.parse_single_example(record, {records.KEY: decoding.TEXT})[records.KEY]


def count(shards: Sequence[str]) -> int:
    """Records in the files; nothing but their frames is read."""
    total = 0
    for path in shards:
        with tf.io.gfile.GFile(path, "rb") as file:
            while header := file.read(8):
                total += 1
                file.seek(file.tell() + 4 + int.from_bytes(header, "little") + 4)
    return total


def _check_not_empty(shards: Sequence[str]) -> None:
    """Without a record the training stream would search for one for ever."""
    if not shards:
        raise errors.UserError("No record files were found; convert the data set first, or check the pattern.")
    if not any(True for _ in tf.data.TFRecordDataset(list(shards)).take(1)):
        raise errors.UserError(f"No record is in {', '.join(shards)}; is the split empty?")
