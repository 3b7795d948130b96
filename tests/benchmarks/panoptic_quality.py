"""How fast panoptic quality counts: `python -m tests.benchmarks.panoptic_quality [images]`.

Random maps of 480 x 640 with up to 24 segments; processor time of one core. Decoding is left out. The naive
implementation of the tests runs on the first images, for the ratio and as a check.
"""

import sys
import time

import numpy as np

from seg_models import dataset, metric
from seg_models.metrics import panoptic_quality
from tests import naive_panoptic_quality as naive
from tests import test_panoptic_quality

HEIGHT, WIDTH = 480, 640
CATEGORIES = 8
SEGMENTS = 24
NAIVE_IMAGES = 2


def main() -> None:
    """Prints images per second of both, and their ratio."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    rng = np.random.default_rng(0)
    images = [naive.random_image(rng, CATEGORIES, HEIGHT, WIDTH, segments=SEGMENTS) for _ in range(count)]
    categories = tuple(dataset.Category(f"c{i}", (0, 0, 0)) for i in range(CATEGORIES))
    info = dataset.DatasetInfo("random", categories, raw_values=())
    maps = [test_panoptic_quality.as_maps(image) for image in images]
    few = panoptic_quality.build(info, metric.Options())
    for each in maps[:NAIVE_IMAGES]:
        few.update(*each)

    accumulator = panoptic_quality.build(info, metric.Options())
    started = time.process_time()
    for each in maps:
        accumulator.update(*each)
    fast = count / (time.process_time() - started)
    started = time.process_time()
    expected = naive.score(images[:NAIVE_IMAGES], [False] * CATEGORIES)
    slow = NAIVE_IMAGES / (time.process_time() - started)
    assert abs(few.result()["pq"] - float(expected["all"][0])) < 1e-12
    print(f"panoptic_quality: {fast:.0f} images/s on one core; naive: {slow:.2f} images/s; ratio {fast / slow:.0f}")


if __name__ == "__main__":
    main()
