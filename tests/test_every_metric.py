"""What holds for every registered metric: statistics that add, in any order and process, and NaN where undefined."""

import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

from seg_models import dataset, metric, registry, scores

PACKAGE = "seg_models.metrics"
NAMES = registry.available(PACKAGE)
# The last two categories never occur.
INFO = dataset.DatasetInfo(
    "shapes", tuple(dataset.Category(f"c{i}", (0, 0, 0), is_thing=i % 2 == 0) for i in range(6)), raw_values=()
)
OCCURRING = 4


def empty(name: str, options: metric.Options = metric.Options()) -> metric.Metric:
    return registry.find(PACKAGE, name).build(INFO, options)


def image(rng: np.random.Generator) -> tuple[metric.Maps, metric.Maps]:
    """A truth of 8-pixel blocks with void, and a prediction, one pixel aside, that is right in about half of them."""
    truth, prediction = rng.integers(OCCURRING, size=(2, 4, 5))
    prediction = np.where(rng.random(truth.shape) < 0.5, truth, prediction)
    predicted = _maps(prediction, rng)
    aside = metric.Maps(np.roll(predicted.semantic, 1, 1), np.roll(predicted.panoptic, 1, 1), predicted.segments)
    return _maps(truth, rng), aside


def counted(name: str, images: list[tuple[metric.Maps, metric.Maps]]) -> metric.Metric:
    accumulator = empty(name)
    for truth, prediction in images:
        accumulator.update(truth, prediction)
    return accumulator


@pytest.fixture(scope="module")
def images() -> list[tuple[metric.Maps, metric.Maps]]:
    rng = np.random.default_rng(0)
    return [image(rng) for _ in range(12)]


@pytest.mark.parametrize("name", NAMES)
def test_merge_equals_update(name: str, images: list) -> None:
    total = counted(name, images[:5])
    total.merge(counted(name, images[5:]))
    total.merge(empty(name))
    assert repr(total.result()) == repr(counted(name, images).result())


@pytest.mark.parametrize("name", NAMES)
def test_order_does_not_matter(name: str, images: list) -> None:
    assert repr(counted(name, images[::-1]).result()) == repr(counted(name, images).result())


@pytest.mark.parametrize("name", NAMES)
def test_picklable_at_any_time(name: str, images: list) -> None:
    accumulator = pickle.loads(pickle.dumps(empty(name)))
    for truth, prediction in images:
        accumulator.update(truth, prediction)
        accumulator = pickle.loads(pickle.dumps(accumulator))
    assert repr(accumulator.result()) == repr(counted(name, images).result())


@pytest.mark.parametrize("name", NAMES)
def test_statistics_do_not_grow_with_images(name: str, images: list) -> None:
    one, many = len(pickle.dumps(counted(name, images[:1]))), len(pickle.dumps(counted(name, images * 5)))
    assert many < one + 1000


@pytest.mark.parametrize("name", NAMES)
def test_result_and_inputs_stay_as_they_are(name: str, images: list) -> None:
    before = pickle.dumps(images)
    accumulator = counted(name, images)
    assert repr(accumulator.result()) == repr(accumulator.result())
    assert pickle.dumps(images) == before


@pytest.mark.parametrize("name", NAMES)
def test_no_image_no_score(name: str) -> None:
    flat = scores.flatten(empty(name).result())
    assert all(math.isnan(score) if isinstance(score, float) else score == 0 for score in flat.values())
    assert any(isinstance(score, float) for score in flat.values())


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_fractions_and_absent_classes_have_none(name: str, images: list) -> None:
    result = counted(name, images).result()
    for key, score in scores.flatten(result).items():
        absent = key.startswith(("per_class.c4.", "per_class.c5."))
        if isinstance(score, float):
            assert math.isnan(score) if absent else 0 < score < 1, key
        else:
            assert isinstance(score, int) and (score == 0) == absent, key


@pytest.mark.parametrize("name", NAMES)
def test_truth_against_itself_is_perfect(name: str, images: list) -> None:
    result = counted(name, [(truth, truth) for truth, _ in images]).result()
    flat = {key: score for key, score in scores.flatten(result).items() if isinstance(score, float)}
    assert {score for score in flat.values() if not math.isnan(score)} == {1.0}


@pytest.mark.parametrize("name", NAMES)
def test_result_goes_into_json(name: str, images: list) -> None:
    result = scores.merge([counted(name, images).result()])
    again = scores.from_json(scores.to_json(result))
    assert repr(sorted(scores.flatten(again).items())) == repr(sorted(scores.flatten(result).items()))


def test_metrics_load_no_tensorflow() -> None:
    imports = "; ".join(f"import {PACKAGE}.{name}" for name in NAMES)
    code = f"import sys; {imports}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _maps(blocks: np.ndarray, rng: np.random.Generator) -> metric.Maps:
    """Each block of one category is a segment; two blocks of each map are void."""
    ids = rng.choice(60000, blocks.size, replace=False).reshape(blocks.shape)
    segments = {int(each): metric.Segment(int(category)) for each, category in zip(ids.ravel(), blocks.ravel())}
    void = rng.choice(blocks.size, 2, replace=False)
    blocks = blocks.copy()
    for position in void:
        blocks.flat[position] = INFO.void
        del segments[int(ids.flat[position])]
    grow = np.ones((8, 8), int)
    return metric.Maps(np.kron(blocks, grow).astype(np.uint8), np.kron(ids, grow).astype(np.int32), segments)
