"""How many images a second the input pipeline feeds: `python -m tests.benchmarks.input_pipeline [RECORDS ...]`.

Without record files it makes 64 noisy 480 x 360 PNG images. Processor time per image, CamVid's 480 x 360 PNGs at
batch 8 on 2 slow cores, in the order of SETTINGS: 5.9, 8.0, 10.0 and 4.4 ms. With both cores to itself the second
setting gives 200 images/s; a training step of eight on such a machine takes 0.6 s or more, so the input costs a tenth.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

from seg_models import config, dataset, image_files, input_pipeline, records
from seg_models.augment import color, crop, flip, scale_jitter

INFO = dataset.DatasetInfo("any", tuple(dataset.Category(str(i), (0, 0, 0)) for i in range(255)), ())
WINDOW = (crop.Config(180, 240), flip.Config(), color.Config())
SIZE = (180, 240)
BATCH = 8
SETTINGS = {
    "resized to 240x180": config.Input(size=SIZE, batch_size=BATCH),
    "resized, jittered, cropped, flipped, coloured": config.Input(
        size=SIZE, batch_size=BATCH, augment=(scale_jitter.Config(), *WINDOW)
    ),
    "jittered at 480x360, then the same": config.Input(batch_size=BATCH, augment=(scale_jitter.Config(), *WINDOW)),
    "cropped only": config.Input(batch_size=BATCH, augment=WINDOW[:1]),
}


def write_noise(path: Path, images: int = 64) -> str:
    """Records of smooth images with noise, as a camera gives them, and blocks of classes."""
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for index in range(images):
            semantic = np.kron(rng.integers(0, 11, [6, 8]), np.ones([60, 60])).astype(np.uint8)
            noise = rng.normal(0, 6, [360, 480, 3])
            pixels = np.clip(semantic[..., None] * 20 + 20 + noise, 0, 255).astype(np.uint8)
            encoded = image_files.encode_png(pixels)
            records.write(
                file, records.encode(dataset.Example(str(index), encoded, "png", 360, 480, semantic=semantic))
            )
    return str(path)


def rate(batches: tf.data.Dataset, steps: int) -> tuple[float, float]:
    """Images a second, and milliseconds of processor time for one image."""
    iterator = iter(batches)
    for _ in range(5):
        next(iterator)
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(steps):
        next(iterator)
    images = steps * BATCH
    return images / (time.perf_counter() - wall), (time.process_time() - processor) / images * 1000


def main() -> None:
    """Prints one line a setting."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", nargs="*", help="TFRecord files of a converted data set")
    parser.add_argument("--steps", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shards = arguments.records or [write_noise(Path(folder) / "records")]
        for name, settings in SETTINGS.items():
            batches = input_pipeline.training(shards, INFO, settings, seed=0)
            images, milliseconds = rate(batches, arguments.steps)
            print(f"{name:46} {images:6.0f} images/s {milliseconds:6.1f} ms of processor time per image")


if __name__ == "__main__":
    main()
