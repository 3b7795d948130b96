"""Trains one model for a given time and writes its row: `python -m tests.benchmarks.camvid.one_row NAME ...`.

The clock runs while steps do: tracing and the first two steps come before it. The learning rate follows the clock, so
that every model, fast or slow, has gone through the whole schedule when its time is up.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import itertools
import json
import resource
import statistics
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from seg_models import average, config, evaluate, image_files, input_pipeline, manifest, model, predict, visualize
from seg_models.augment import color, crop, flip, scale_jitter
from tests.benchmarks.camvid import models

SIZE = (120, 160)
BATCH = 8
UNTIMED = 2  # steps before the clock starts
WARM_UP = 0.05  # of the time, in which the learning rate rises
POWER = 0.9
PICTURE = 40  # which image of the val split is drawn

INPUT = config.Input(
    size=SIZE,
    batch_size=BATCH,
    augment=(scale_jitter.Config(0.7, 1.8), crop.Config(*SIZE), flip.Config(), color.Config()),
)


def main() -> None:
    """Writes NAME.json and NAME.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=models.ROWS)
    parser.add_argument("--records", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    keras.utils.set_random_seed(0)
    row, info = models.ROWS[options.name], manifest.read(options.records).info
    network = row.build(info)
    averaged = average.Average(network.network, decay=0.99)
    rates = _train(network, averaged, options, row.learning_rate)
    with averaged.applied():
        scores, picture = _judge(network, options.records)
        seen = _inference_rate(network)
    found = {
        "name": options.name,
        "title": row.title,
        "parameters": sum(int(np.prod(weight.shape)) for weight in network.network.trainable_weights),
        **rates,
        "inference_images_per_second": seen,
        "mean_iou": scores["mean_iou"],
        "pixel_accuracy": scores["pixel_accuracy"],
        "per_class_iou": {name: values["iou"] for name, values in scores["per_class"].items()},
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    Image.fromarray(picture).save(options.output / f"{options.name}.png", optimize=True)
    image_files.write_atomically(options.output / f"{options.name}.json", json.dumps(found, indent=1).encode())
    print(f"{options.name}: mIoU {found['mean_iou']:.3f} after {found['steps']} steps", flush=True)


def _train(
    network: model.SegmentationModel, averaged: average.Average, options: argparse.Namespace, peak: float
) -> dict[str, float]:
    """Steps until the time is up; how many, and how fast."""
    info = manifest.read(options.records).info
    optimizer = keras.optimizers.AdamW(0.0, weight_decay=0.05, global_clipnorm=1.0)
    network.compile(optimizer=optimizer)
    step = tf.function(lambda batch: network.train_step((batch["image"], batch)), reduce_retracing=True)
    batches = iter(
        input_pipeline.training(manifest.shards(options.records, "train"), info, INPUT, seed=0).map(
            lambda batch: {name: batch[name] for name in ("image", "semantic", "instance", "weight")}
        )
    )
    durations, started = [], time.perf_counter()
    for count in itertools.count():
        if count == UNTIMED:
            started = time.perf_counter()
        done = (time.perf_counter() - started) / options.seconds if count >= UNTIMED else 0.0
        if done >= 1:
            break
        optimizer.learning_rate.assign(peak * min(1, (done + 1e-3) / WARM_UP) * max(0.0, 1 - done) ** POWER)
        before = time.perf_counter()
        losses = step(next(batches))
        averaged.update(tf.constant(float(count)))
        loss = float(losses["loss"])
        if not np.isfinite(loss):
            raise SystemExit(f"{options.name}: the loss is {loss} in step {count}.")
        durations.append(time.perf_counter() - before)
    return {
        "steps": count,
        "seconds": options.seconds,
        "step_seconds": statistics.median(durations[UNTIMED:]),
        "training_images_per_second": BATCH / statistics.median(durations[UNTIMED:]),
        "loss": loss,
    }


def _judge(network: model.SegmentationModel, records: str) -> tuple[dict[str, object], np.ndarray]:
    """The scores on the val split at the images' own size, and one predicted map as a picture, uint8 [h, w, 3]."""
    dense = tf.function(
        lambda image: predict.predict(network, image, SIZE),
        input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)],
    )
    maps: list[np.ndarray] = []

    def answer(images: np.ndarray) -> dict[str, np.ndarray]:
        found = {name: value.numpy() for name, value in dense(tf.constant(images)).items()}
        maps.extend(found["semantic"].astype(np.uint8))
        return found

    state = evaluate.State(network.info, network.tasks, config.Evaluation(metrics=("confusion_matrix",), gallery=0))
    evaluate.score(manifest.shards(records, "eval"), answer, state)
    return state.result(), visualize.color_semantic(maps[PICTURE][::2, ::2], network.info)


def _inference_rate(network: model.SegmentationModel) -> float:
    """Images a second, one by one, from pixels to classes at the working size."""
    dense = tf.function(lambda image: predict.predict(network, image, None)["semantic"])
    image = tf.zeros((1, *SIZE, 3))
    dense(image)
    durations = []
    for _ in range(20):
        before = time.perf_counter()
        dense(image).numpy()
        durations.append(time.perf_counter() - before)
    return 1 / statistics.median(durations)


if __name__ == "__main__":
    main()
