"""Record files -> batches: shuffled and augmented for training, in file order for evaluation.

Everything random follows from the seed, the epoch and the place in the run, so a run that resumes at any step is fed
the same pixels as one that never stopped. A batch is a dict of
    image             float32 0..255 [B, H, W, 3]
    semantic          int32 [B, H, W], train ids and info.void
    instance          int32 [B, H, W], 0 = no instance
    weight            float32 [B], 0 for an image that only fills the batch up
    key               string [B]
    object_category   int32 [B, N], -1 where an image has fewer than N objects
    object_instance   int32 [B, N], the object's value in `instance`
    object_crowd      bool [B, N]
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

from seg_models import config, dataset, errors, record_objects, records, registry, resize
from seg_models.augment import crop

Batch = dict[str, tf.Tensor]

FILES_AT_ONCE = 8  # part of the order: changing it changes what every step of a run is fed
READ_BUFFER = 1 << 20

TEXT = tf.io.FixedLenFeature([], tf.string, default_value="")
INTEGERS = tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True)
FEATURES = {
    records.IMAGE: tf.io.FixedLenFeature([], tf.string),
    records.KEY: TEXT,
    records.SEMANTIC: TEXT,
    records.INSTANCE: TEXT,
    records.INSTANCE_MASK: TEXT,
    record_objects.LABEL: INTEGERS,
    record_objects.INSTANCE: INTEGERS,
    record_objects.CROWD: INTEGERS,
}


def training(
    shards: Sequence[str],
    info: dataset.DatasetInfo,
    input: config.Input,
    *,
    seed: int,
    start_step: int = 0,
    prepare: Callable[[Batch], Batch] | None = None,
    context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
    """Batches without end, in a new order each epoch; a batch may span two epochs.

    Args:
      shards: record files.
      info: of the data set.
      input: working size, batch size, augmentations.
      seed: of the order and the augmentations.
      start_step: the step whose batch comes first; what lies before is skipped undecoded.
      prepare: batch -> what the loss needs beside it, such as a map of distances; joins the batch.
      context: of one worker of several: gives its part of every global batch, in batches of one replica.
    """
    batch_size = _replica_batch_size(input.batch_size, context)
    augmentations = [(registry.module_of(settings), settings) for settings in input.augment]
    stream = _stream(shards, input, seed=seed, start=start_step * input.batch_size)
    if context is not None:
        stream = stream.shard(context.num_input_pipelines, context.input_pipeline_id)

    def example_of(position: tf.Tensor, record: tf.Tensor) -> Batch:
        example = _at_working_size(parse(record, info), input)
        # The position wraps around after 2^31 images; the seed is cut in the same way.
        seeds = tf.stack([tf.constant(seed % (1 << 31), tf.int32), tf.cast(position, tf.int32)])
        for index, (augmentation, settings) in enumerate(augmentations):
            own = tf.random.experimental.stateless_fold_in(seeds, index)
            example = augmentation.apply(settings, example, seed=own, info=info)
        return example

    examples = stream.map(example_of, num_parallel_calls=tf.data.AUTOTUNE)
    if batch_size > 1 and not examples.element_spec["image"].shape.is_fully_defined():
        raise errors.UserError(
            "The images of a training batch need one size. Set `input.size` to (height, width) and put no augmentation "
            "that changes the size after it, or end `input.augment` with `crop`, or set `input.batch_size` to 1."
        )
    return _batched(examples, batch_size, info, drop_remainder=True, prepare=prepare)


def evaluation(
    shards: Sequence[str],
    info: dataset.DatasetInfo,
    input: config.Input,
    *,
    batch_size: int | None = None,
    images: int = 0,
) -> tf.data.Dataset:
    """Every image once, in file order; the last batch is filled up with images of weight 0, never dropped.

    Args:
      shards: record files.
      info: of the data set.
      input: its size is what images and maps are resized to; where it is None, the images of a batch are padded to the
        largest with grey and void.
      batch_size: None: that of `input`.
      images: how many, from the start; 0: all.
    """
    _check_not_empty(shards)
    batch_size = batch_size or input.batch_size
    read = tf.data.TFRecordDataset(list(shards), buffer_size=READ_BUFFER).take(images or -1)
    examples = read.map(
        lambda record: _at_working_size(parse(record, info), input), num_parallel_calls=tf.data.AUTOTUNE
    )
    return _batched(examples, batch_size, info, drop_remainder=False)


def parse(record: tf.Tensor, info: dataset.DatasetInfo) -> dict[str, tf.Tensor]:
    """One example at its own size, as in a batch but without the first axis; what is not annotated is void or 0."""
    features = tf.io.parse_single_example(record, FEATURES)
    image = tf.io.decode_image(features[records.IMAGE], channels=3, expand_animations=False)
    image = tf.ensure_shape(image, [None, None, 3])
    size = tf.shape(image)[:2]
    semantic_type = tf.uint8 if info.void == dataset.VOID else tf.uint16
    return {
        "image": tf.cast(image, tf.float32),
        "semantic": _decoded_map(features[records.SEMANTIC], semantic_type, size, info.void),
        "instance": tf.maximum(
            _decoded_map(features[records.INSTANCE], tf.uint16, size, 0),
            _decoded_map(features[records.INSTANCE_MASK], tf.uint8, size, 0),
        ),
        "weight": tf.constant(1.0),
        "key": features[records.KEY],
        "object_category": tf.cast(features[record_objects.LABEL], tf.int32),
        "object_instance": tf.cast(features[record_objects.INSTANCE], tf.int32),
        "object_crowd": tf.cast(features[record_objects.CROWD], tf.bool),
    }


def keys_of_batch(shards: Sequence[str], input: config.Input, *, seed: int, step: int) -> list[str]:
    """The keys of the records that a training step is fed, over all workers."""
    stream = _stream(shards, input, seed=seed, start=step * input.batch_size).take(input.batch_size)
    keys = stream.map(lambda _, record: tf.io.parse_single_example(record, {records.KEY: TEXT})[records.KEY])
    return [key.decode() for key in keys.as_numpy_iterator()]


def count(shards: Sequence[str]) -> int:
    """Records in the files; nothing but their frames is read."""
    total = 0
    for path in shards:
        with tf.io.gfile.GFile(path, "rb") as file:
            while header := file.read(8):
                total += 1
                file.seek(file.tell() + 4 + int.from_bytes(header, "little") + 4)
    return total


def _stream(shards: Sequence[str], input: config.Input, *, seed: int, start: int) -> tf.data.Dataset:
    """(place in the run int64, record) from place `start` on, without end."""
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
        return read.shuffle(input.shuffle_buffer, seed=draws[0], reshuffle_each_iteration=False)

    epochs = tf.data.Dataset.counter(first_epoch).flat_map(epoch)
    return epochs.skip(skipped).enumerate(start)


def _batched(
    examples: tf.data.Dataset,
    batch_size: int,
    info: dataset.DatasetInfo,
    *,
    drop_remainder: bool,
    prepare: Callable[[Batch], Batch] | None = None,
) -> tf.data.Dataset:
    """Batches of exactly `batch_size`: a short one is dropped, or filled up with images of weight 0."""
    fills = _fills(info)
    batches = examples.padded_batch(batch_size, padding_values=fills, drop_remainder=drop_remainder)
    if not drop_remainder:
        batches = batches.map(lambda batch: {name: _filled_up(batch[name], batch_size, fills[name]) for name in batch})
    if prepare is not None:
        batches = batches.map(lambda batch: {**batch, **prepare(batch)}, num_parallel_calls=tf.data.AUTOTUNE)
    options = tf.data.Options()
    options.deterministic = True
    # A worker of several without a `context` takes its part of every batch, however few files there are.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)


def _fills(info: dataset.DatasetInfo) -> dict[str, tf.Tensor]:
    """What fills a batch up, both beyond an image's size and in place of an image."""
    return {
        "image": tf.constant(crop.GREY),
        "semantic": tf.constant(info.void),
        "instance": tf.constant(0),
        "weight": tf.constant(0.0),
        "key": tf.constant(""),
        "object_category": tf.constant(-1),
        "object_instance": tf.constant(0),
        "object_crowd": tf.constant(False),
    }


def _filled_up(values: tf.Tensor, batch_size: int, fill: tf.Tensor) -> tf.Tensor:
    """[b, ..] -> [batch_size, ..]."""
    missing = tf.concat([[batch_size - tf.shape(values)[0]], tf.shape(values)[1:]], axis=0)
    return tf.ensure_shape(tf.concat([values, tf.fill(missing, fill)], axis=0), [batch_size, *values.shape[1:]])


def _at_working_size(example: dict[str, tf.Tensor], input: config.Input) -> dict[str, tf.Tensor]:
    return example if input.size is None else resize.example(example, input.size)


def _decoded_map(encoded: tf.Tensor, dtype: tf.DType, size: tf.Tensor, fill: int) -> tf.Tensor:
    """int32 [H, W] of a one-channel PNG; all `fill` where there is none."""
    return tf.cond(
        encoded == "",
        lambda: tf.fill(size, fill),
        lambda: tf.cast(tf.io.decode_png(encoded, channels=1, dtype=dtype)[..., 0], tf.int32),
    )


def _replica_batch_size(batch_size: int, context: tf.distribute.InputContext | None) -> int:
    """Images in one batch of this worker's pipeline."""
    if context is None:
        return batch_size
    replicas = context.num_replicas_in_sync
    if batch_size % replicas:
        raise errors.UserError(f"`input.batch_size` is {batch_size}; expected a multiple of the {replicas} replicas.")
    return batch_size // replicas


def _check_not_empty(shards: Sequence[str]) -> None:
    """Without a record the training stream would search for one for ever."""
    if not shards:
        raise errors.UserError("No record files were found; convert the data set first, or check the pattern.")
    if not any(True for _ in tf.data.TFRecordDataset(list(shards)).take(1)):
        raise errors.UserError(f"No record is in {', '.join(shards)}; is the split empty?")
