"""Peak memory of serving one very large image by sliding windows: `python -m tests.benchmarks.large_image`.

A small network with 150 classes is exported, and answers a PNG of SIZE x SIZE pixels with overlapping windows. What the
model itself takes is the peak after an image of one window.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

from seg_models import dataset, export, image_files, inference
from seg_models.backbones import residual
from seg_models.layers import aspp, normalization
from seg_models.models import deeplab_v3_plus

CLASSES = 150
WINDOW = 512


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=8000, help="side of the image, pixels")
    parser.add_argument("--limit_gb", type=float, default=2.0, help="exit code 1 above it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _export(f"{folder}/model")
        answer = tf.saved_model.load(f"{folder}/model").signatures["serving_default"]
        answer(image_bytes=tf.constant([_png(WINDOW)]))
        encoded = _png(options.size)
        before = _peak()
        started = time.perf_counter()
        found = answer(image_bytes=tf.constant([encoded]))
        above = _peak() - before
    size = tf.io.decode_png(found["semantic_png"][0]).shape[:2]
    scores = options.size**2 * CLASSES * 4 / 2**30
    print(f"model and one window: {before:.2f} GB; answering {size[0]} x {size[1]}: {above:.2f} GB above that, ", end="")
    print(f"{time.perf_counter() - started:.0f} s. All scores at once would be {scores:.1f} GB.")
    if above > options.limit_gb:
        raise SystemExit(f"More than {options.limit_gb} GB.")


def _export(directory: str) -> None:
    categories = tuple(dataset.Category(f"class {index}", dataset.palette_color(index)) for index in range(CLASSES))
    info = dataset.DatasetInfo("many", categories, ())
    config = deeplab_v3_plus.Config(
        backbone=residual.Config(stem=4, widths=(8, 8, 8, 8), blocks=(1, 1, 1, 1)),
        pyramid=aspp.Aspp(channels=8, rates=(1, 2)),
        low_level_channels=4,
        decoder_channels=8,
        norm=normalization.Norm("batch"),
    )
    settings = inference.Inference(window=(WINDOW, WINDOW), stride=(400, 400))
    export.export(deeplab_v3_plus.build(config, info), directory, None, settings)


def _png(size: int) -> bytes:
    """A smooth random picture, so that neither the file nor its maps are trivial."""
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (-(-size // 50), -(-size // 50), 3), dtype=np.uint8)
    return image_files.encode_png(np.ascontiguousarray(small.repeat(50, 0).repeat(50, 1)[:size, :size]))


def _peak() -> float:
    """Peak memory of this process so far, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
