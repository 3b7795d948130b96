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

from seg_models import augmentation, config, dataset, decoding, errors, record_stream
from seg_models.augment import crop

Batch = dict[str, tf.Tensor]


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
    augmentations = augmentation.find(input.augment, batch_size)
    stream = _stream(shards, input, seed=seed, step=start_step)
    if context is not None:
        stream = stream.shard(context.num_input_pipelines, context.input_pipeline_id)

    def example_of(position: tf.Tensor, record: tf.Tensor) -> Batch:
        # The position wraps around after 2^31 images; the seed is cut in the same way.
        seeds = tf.stack([tf.constant(seed % (1 << 31), tf.int32), tf.cast(position, tf.int32)])
        return augmentation.example(decoding.read(record, info), input.size, augmentations, seeds=seeds, info=info)

    examples = stream.map(example_of, num_parallel_calls=tf.data.AUTOTUNE)
    if batch_size > 1 and not examples.element_spec["image"].shape.is_fully_defined():
        raise errors.UserError(
            "The images of a training batch need one size. Set `input.size` to (height, width) and put no augmentation "
            "that changes the size after it, or end `input.augment` with `crop`, or set `input.batch_size` to 1."
        )
    batches = _padded(examples, batch_size, info, drop_remainder=True)
    if augmentations.mixing:
        batches = batches.map(
            lambda batch: augmentation.mixed(batch, augmentations, info), num_parallel_calls=tf.data.AUTOTUNE
        )
    if prepare is not None:
        batches = batches.map(lambda batch: {**batch, **prepare(batch)}, num_parallel_calls=tf.data.AUTOTUNE)
    return _finished(batches)


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
    batch_size = batch_size or input.batch_size
    examples = record_stream.evaluation(shards).take(images or -1).map(
        lambda record: decoding.read(record, info).whole(input.size), num_parallel_calls=tf.data.AUTOTUNE
    )
    fills = _fills(info)
    batches = _padded(examples, batch_size, info, drop_remainder=False)
    batches = batches.map(lambda batch: {name: _filled_up(batch[name], batch_size, fills[name]) for name in batch})
    return _finished(batches)


def parse(record: tf.Tensor, info: dataset.DatasetInfo) -> Batch:
    """One example at its own size, as in a batch but without the first axis; what is not annotated is void or 0."""
    return decoding.read(record, info).whole()


def keys_of_batch(shards: Sequence[str], input: config.Input, *, seed: int, step: int) -> list[str]:
    """The keys of the records that a training step is fed, over all workers."""
    stream = _stream(shards, input, seed=seed, step=step).take(input.batch_size)
    return [key.decode() for key in stream.map(lambda _, record: record_stream.key(record)).as_numpy_iterator()]


def _stream(shards: Sequence[str], input: config.Input, *, seed: int, step: int) -> tf.data.Dataset:
    """(place in the run, record) from the first image of a step on."""
    start = step * input.batch_size
    return record_stream.training(shards, seed=seed, start=start, shuffle_buffer=input.shuffle_buffer)


def _padded(
    examples: tf.data.Dataset, batch_size: int, info: dataset.DatasetInfo, *, drop_remainder: bool
) -> tf.data.Dataset:
    """Batches, what differs in size filled up to the largest."""
    fills = {name: fill for name, fill in _fills(info).items() if name in examples.element_spec}
    return examples.padded_batch(batch_size, padding_values=fills, drop_remainder=drop_remainder)


def _finished(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Batches in one order whatever the threads, ready before they are asked for."""
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
        augmentation.SEEDS: tf.constant(0),
    }


def _filled_up(values: tf.Tensor, batch_size: int, fill: tf.Tensor) -> tf.Tensor:
    """[b, ..] -> [batch_size, ..]."""
    missing = tf.concat([[batch_size - tf.shape(values)[0]], tf.shape(values)[1:]], axis=0)
    return tf.ensure_shape(tf.concat([values, tf.fill(missing, fill)], axis=0), [batch_size, *values.shape[1:]])


def _replica_batch_size(batch_size: int, context: tf.distribute.InputContext | None) -> int:
    """Images in one batch of this worker's pipeline."""
    if context is None:
        return batch_size
    replicas = context.num_replicas_in_sync
    if batch_size % replicas:
        raise errors.UserError(f"`input.batch_size` is {batch_size}; expected a multiple of the {replicas} replicas.")
    return batch_size // replicas
