"""How fast the input pipeline is beside decoding alone, and what each augmentation costs.

    python -m tests.benchmarks.input_pipeline [--data_dir FOLDER] [--rounds N] [RECORDS ...]

The floor decodes image and maps of the same records, on as many threads, and does nothing else. All settings take turns
within one run and the best turn of each counts, so that whatever else the machine does falls on all alike. Shares are
of processor time: where nothing else runs they are those of the images a second too, for all cores are busy.

On two slow cores that others used as well (`--rounds 1 --seconds 2`), milliseconds of processor time per image:
                                    CamVid, PNG 480 x 360         made, JPEG 2048 x 1024 with instances
    decoding image and maps         3.6                           14.3
    crop                            3.9   91 % of the rate        13.0  110 %
    crop, flip, color               4.2   86 %                    17.1   84 %
    scale_jitter before these       4.8   75 %                    21.1   68 %
    half the size before all        5.3   68 %                    25.8   55 %
    half the size alone             5.0   72 %                    32.3   44 %
    as the CamVid table trains      4.8   75 %
Halving shrinks every image with antialiasing, as serving does; of 2048 x 1024 that takes longer than decoding a JPEG. The
table's models take at most 77 images a second on two cores, which would be fed some 400.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import dataclasses
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from seg_models import config, dataset, decoding, image_files, input_pipeline, record_stream, records, registry
from seg_models.augment import color, crop, flip, scale_jitter
from tests import conftest
from tests.benchmarks.camvid import one_row

INFO = dataset.DatasetInfo("any", tuple(dataset.Category(str(i), (i, i, i), i % 2 == 1) for i in range(32)), ())
BATCH = 8
CAMVID, STREET = (360, 480), (1024, 2048)


def settings(size: tuple[int, int]) -> dict[str, config.Input]:
    """What is measured, for images of `size`: windows are half as high and as wide."""
    half = (size[0] // 2, size[1] // 2)
    window = (crop.Config(*half), flip.Config(), color.Config())
    jittered = (scale_jitter.Config(), *window)
    inputs = {
        "half the size": config.Input(size=half),
        "crop": config.Input(augment=window[:1]),
        "crop, flip, color": config.Input(augment=window),
        "scale_jitter, crop, flip, color": config.Input(augment=jittered),
        "half the size, scale_jitter, crop, flip, color": config.Input(size=half, augment=jittered),
    }
    return {name: dataclasses.replace(input, batch_size=BATCH, shuffle_buffer=8) for name, input in inputs.items()}


def camvid(folder: Path) -> Iterator[dataset.Example]:
    """Real images, PNG 480 x 360."""
    for path in sorted((folder / "val").glob("*.png"))[:64]:
        encoded, kind, height, width = image_files.read_image(path)
        raw = image_files.read_raw_mask(folder / "valannot" / path.name)
        semantic = np.where(raw == 11, INFO.void, raw).astype(np.uint8)
        yield dataset.Example(path.stem, encoded, kind, height, width, semantic=semantic)


def made(size: tuple[int, int], kind: str, images: int) -> Iterator[dataset.Example]:
    """Blobs with the noise of a camera; every blob is an instance."""
    random = np.random.default_rng(0)
    for index in range(images):
        coarse = Image.fromarray(random.integers(0, 12, [8, 16]).astype(np.uint8) * 20)
        smooth = np.asarray(coarse.resize(size[::-1], Image.Resampling.BICUBIC), np.float32)
        semantic = (smooth / 20).clip(0, 11).astype(np.uint8)
        pixels = smooth[..., None] + random.normal(0, 6, [*size, 3])
        buffer = io.BytesIO()
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(buffer, kind, quality=90)
        instance = np.where(semantic % 2 == 1, semantic, 0)
        objects = tuple(dataset.Object(int(i), int(i)) for i in np.unique(instance) if i)
        yield dataset.Example(
            str(index), buffer.getvalue(), kind, *size, semantic=semantic, instance=instance, objects=objects
        )


def written(path: Path, examples: Iterator[dataset.Example]) -> list[str]:
    """The record file of the examples."""
    with path.open("wb") as file:
        for one in examples:
            records.write(file, records.encode(one))
    return [str(path)]


def floor(shards: list[str], *, maps: bool) -> tf.data.Dataset:
    """Batches of nothing but proof that the images, and the maps, have been decoded."""

    def decoded(_: tf.Tensor, record: tf.Tensor) -> tf.Tensor:
        features = tf.io.parse_single_example(record, decoding.FEATURES)
        pixels = tf.io.decode_image(features[records.IMAGE], channels=3, expand_animations=False)
        corners = [tf.cast(tf.reshape(pixels, [-1])[-1], tf.int32)]
        for key in (records.SEMANTIC, records.INSTANCE_MASK) if maps else ():
            corners.append(tf.cond(features[key] == "", lambda: 0, lambda: _corner(features[key])))
        return tf.add_n(corners)

    stream = record_stream.training(shards, seed=0, start=0, shuffle_buffer=8)
    return stream.map(decoded, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).batch(BATCH).prefetch(2)


def _corner(encoded: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.reshape(tf.io.decode_png(encoded, channels=1), [-1])[-1], tf.int32)


def rate(batches: tf.data.Dataset, seconds: float) -> tuple[float, float]:
    """Images a second, and milliseconds of processor time for one image."""
    iterator = iter(batches)
    for _ in range(3):
        next(iterator)
    start, processor, images = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - start < seconds:
        next(iterator)
        images += BATCH
    return images / (time.perf_counter() - start), 1000 * (time.process_time() - processor) / images


def compare(title: str, shards: list[str], inputs: dict[str, config.Input], arguments: argparse.Namespace) -> None:
    """Prints the rate of every setting, and its share of the floor's."""
    streams = {
        "decoding the image alone": floor(shards, maps=False),
        "decoding image and maps": floor(shards, maps=True),
        **{name: input_pipeline.training(shards, INFO, input, seed=0) for name, input in inputs.items()},
    }
    turns = [{name: rate(one, arguments.seconds) for name, one in streams.items()} for _ in range(arguments.rounds)]
    print(f"\n{title:48} images/s  ms/image  of the image's rate  of all decoding's")
    costs = {name: min(turn[name][1] for turn in turns) for name in streams}
    for name, cost in costs.items():
        images = max(turn[name][0] for turn in turns)
        shares = [costs[floor] / cost for floor in list(costs)[:2]]
        print(f"  {name:46} {images:8.0f} {cost:9.1f} {shares[0]:20.0%} {shares[1]:18.0%}")


def milliseconds(function: Callable[..., Any], *inputs: Any, rounds: int) -> float:
    """Of processor time, the mean over 8 seeds of the best of several calls; the first call is not counted."""
    times = np.full([rounds + 1, 8], np.inf)
    for turn in range(rounds + 1):
        for seed in range(8):
            start = time.process_time()
            function(*inputs, tf.constant(seed))
            times[turn, seed] = time.process_time() - start
    return 1000 * times[1:].min(axis=0).mean()


def costs(shards: list[str], size: tuple[int, int], rounds: int) -> None:
    """Prints what each augmentation costs where it is done, on images of `size`."""
    print(f"\nEach alone, where it is done, {size[1]} x {size[0]}{'':20} ms/image")
    (batch,) = input_pipeline.training(shards, INFO, config.Input(size=size, batch_size=4), seed=0).take(1)
    one = {name: values[0] for name, values in batch.items()}
    for name in registry.available("seg_models.augment"):
        module = registry.find("seg_models.augment", name)
        fields = {field.name for field in dataclasses.fields(module.Config)}
        always = module.Config(**({"probability": 1.0} if "probability" in fields else {}))
        if hasattr(module, "apply"):
            run = tf.function(lambda one, seed: module.apply(always, one, seed=tf.stack([0, seed]), info=INFO))
            print(f"  {name:56} {milliseconds(run, one, rounds=rounds):10.1f}")
        else:
            seeds = tf.stack([tf.range(4)] * 2, axis=1)
            run = tf.function(lambda batch, seed: module.apply_batch(always, batch, seeds=seeds + seed, info=INFO))
            print(f"  {name:56} {milliseconds(run, batch, rounds=rounds) / 4:10.1f}")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", nargs="*", help="record files of a data set, images of 480 x 360 or more")
    parser.add_argument("--data_dir", default=os.environ.get("SEGLINE_TEST_DATA", conftest.ROOT.parent / "shared/data"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="that each turn lasts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.records:
            compare("Given records", arguments.records, settings(CAMVID), arguments)
        real = Path(arguments.data_dir) / "camvid" / "CamVid"
        if real.is_dir():
            small = written(Path(folder) / "camvid", camvid(real))
            table = {"as the CamVid table trains, 160 x 120": one_row.INPUT}
            compare("CamVid, PNG 480 x 360", small, settings(CAMVID) | table, arguments)
        street = written(Path(folder) / "street", made(STREET, "jpeg", 16))
        compare("Made, JPEG 2048 x 1024", street, settings(STREET), arguments)
        costs(written(Path(folder) / "made", made(CAMVID, "png", 8)), CAMVID, arguments.rounds)


if __name__ == "__main__":
    main()
