"""Step time of every model over the least that its arithmetic takes: `python -m tests.benchmarks.model_speed [NAME ...]`.

The least is three times the forward pass's multiplications and additions (forward, gradient of inputs, gradient of
weights) at the rate that a product of large float32 matrices reaches on this machine, measured just before. The models
are those of the CamVid table at its batch of 8 images of 160x120; the input is made beforehand.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import statistics
import time

import keras
import tensorflow as tf

from seg_models import model
from seg_models.datasets import camvid
from tests.benchmarks.camvid import models, one_row

STEPS = 8
SIDE = 2048  # of the matrices


def main() -> None:
    """Prints one line a model, the slowest for its arithmetic last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="rows of the CamVid table; none: all but the peers")
    names = parser.parse_args().names or [name for name, row in models.ROWS.items() if not row.is_peer]
    print("| model | GFLOP forward, one image | training step, ms | peak, GFLOP/s | step / least |")
    print("|---|---|---|---|---|")
    for name in names:
        keras.backend.clear_session()
        network = models.ROWS[name].build(camvid.INFO)
        operations, peak, seconds = _forward(network), _peak(), _step(network)
        least = 3 * operations * one_row.BATCH / peak
        print(
            f"| {models.ROWS[name].title} | {operations / 1e9:.2f} | {seconds * 1e3:.0f} | {peak / 1e9:.0f} "
            f"| {seconds / least:.1f} |",
            flush=True,
        )


def _forward(network: model.SegmentationModel) -> int:
    """Floating point operations of one image's forward pass in training."""
    whole = tf.function(lambda image: network(image, training=True))
    graph = whole.get_concrete_function(tf.TensorSpec([1, *one_row.SIZE, 3])).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder(
        tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    ).with_empty_output()
    return tf.compat.v1.profiler.profile(graph, options=options.build()).total_float_ops


def _peak() -> float:
    """Floating point operations a second, the best of several products."""
    matrix = tf.random.stateless_normal([SIDE, SIDE], [0, 0])
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)))
    product()
    return 2 * SIDE**3 / min(_timed(product) for _ in range(5))


def _step(network: model.SegmentationModel) -> float:
    """Seconds of a training step, the median."""
    network.compile(optimizer=keras.optimizers.AdamW(1e-4))
    image = tf.random.stateless_uniform([one_row.BATCH, *one_row.SIZE, 3], [0, 1], 0, 255)
    semantic = tf.random.stateless_uniform([one_row.BATCH, *one_row.SIZE], [0, 2], 0, 11, tf.int32)
    batch = {"image": image, "semantic": semantic, "weight": tf.ones([one_row.BATCH])}
    step = tf.function(lambda: network.train_step((image, batch))["loss"])
    for _ in range(2):
        step()
    return statistics.median(_timed(step) for _ in range(STEPS))


def _timed(call: tf.types.experimental.GenericFunction) -> float:
    before = time.perf_counter()
    call().numpy()
    return time.perf_counter() - before


if __name__ == "__main__":
    main()
