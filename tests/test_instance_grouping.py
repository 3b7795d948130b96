"""Grouping: perfect outputs give back their scene; thresholds and smallest areas, by hand."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset
from seg_models.layers import instance_centers, instance_grouping
from tests import tiny_models

INFO = tiny_models.INFO
SKY, ROAD, CAR, TREE, PERSON = range(5)
EVERYTHING = instance_grouping.Config(stuff_area=0)


def logits_of(semantic: np.ndarray) -> tf.Tensor:
    """Float32 [B, H, W, C] that says just this."""
    return tf.one_hot(semantic, INFO.num_categories)


def rectangles(seed: int, size: tuple[int, int] = (48, 64)) -> tuple[np.ndarray, np.ndarray]:
    """Semantic and instance int64 [2, H, W]: disjoint rectangles of things, 4 px apart, on sky above road."""
    random = np.random.default_rng(seed)
    semantic, instance = np.full((2, *size), ROAD), np.zeros((2, *size), int)
    semantic[:, : size[0] // 2] = SKY
    for image in range(2):
        cells = random.permutation(12)[: random.integers(1, 12)]
        for identity, cell in enumerate(cells, 1):
            top, left = 16 * (cell // 4) + 2, 16 * (cell % 4) + 2
            inside = np.s_[image, top : top + random.integers(3, 13), left : left + random.integers(3, 13)]
            semantic[inside], instance[inside] = random.choice(INFO.thing_ids), identity
    return semantic, instance


@pytest.mark.parametrize("seed", range(3))
def test_perfect_outputs_give_back_their_scene(seed: int) -> None:
    semantic, instance = rectangles(seed)
    none = {"object_instance": tf.zeros([2, 1], tf.int32), "object_crowd": tf.zeros([2, 1], tf.bool)}
    batch = {"semantic": tf.constant(semantic, tf.int32), "instance": tf.constant(instance, tf.int32), **none}
    truth = instance_centers.build(batch, INFO, sigma=2.0)
    maps = tf.function(instance_grouping.group)(EVERYTHING, INFO, logits_of(semantic), truth.heatmap, truth.offset)
    assert (maps["semantic"] == semantic).numpy().all()
    for found, classes, instances in zip(maps["panoptic"].numpy(), semantic, instance):
        assert (found // INFO.label_divisor == classes).all()
        pairs = set(zip(instances.ravel().tolist(), found.ravel().tolist()))
        pairs = {(identity, segment) for identity, segment in pairs if identity}
        assert len(pairs) == len({identity for identity, _ in pairs}) == len({segment for _, segment in pairs})
        assert len(pairs) == instances.max()
        stuff = instances == 0
        assert (found[stuff] == classes[stuff] * INFO.label_divisor).all()


def test_images_are_grouped_one_after_the_other() -> None:
    """Each needs several maps of its size; ten at once would need ten times the memory of one."""
    shapes = [tf.TensorSpec([None, None, None, channels]) for channels in (INFO.num_categories, 1, 2)]
    grouped = tf.function(lambda *given: instance_grouping.group(EVERYTHING, INFO, *given))
    graph = grouped.get_concrete_function(*shapes).graph
    loops = [op for op in graph.get_operations() if op.type in ("While", "StatelessWhile")]
    assert [loop.get_attr("parallel_iterations") for loop in loops] == [1]


def group(
    semantic: np.ndarray, peaks: dict[tuple[int, int], float], *, offset: np.ndarray | None = None, **fields: Any
) -> np.ndarray:
    """Panoptic int32 [H, W] of semantic [H, W], centre scores {(y, x): score} and offsets [H, W, 2], 0 by default."""
    heatmap = np.zeros((*semantic.shape, 1), np.float32)
    for (y, x), score in peaks.items():
        heatmap[y, x] = score
    offset = np.zeros((*semantic.shape, 2)) if offset is None else offset
    config = instance_grouping.Config(**{"stuff_area": 0, **fields})
    maps = instance_grouping.group(
        config, INFO, logits_of(semantic[None]), tf.constant(heatmap[None]), tf.constant(offset[None], tf.float32)
    )
    return maps["panoptic"][0].numpy()


def instances(panoptic: np.ndarray) -> list[list[int]]:
    """The instance number of each pixel; -1 is void."""
    return np.where(panoptic == dataset.VOID_16, -1, panoptic % INFO.label_divisor).tolist()


def test_each_pixel_goes_to_the_centre_nearest_to_where_it_points() -> None:
    row, peaks = np.full((1, 10), CAR), {(0, 1): 0.9, (0, 8): 0.5}
    assert instances(group(row, peaks, nms_kernel=3)) == [[1, 1, 1, 1, 1, 2, 2, 2, 2, 2]]
    pointing = np.zeros((1, 10, 2))
    pointing[0, 0, 1], pointing[0, 9, 1] = 7.0, -5.0
    assert instances(group(row, peaks, offset=pointing, nms_kernel=3)) == [[2, 1, 1, 1, 1, 2, 2, 2, 2, 1]]


def test_a_centre_must_reach_the_threshold_and_be_the_highest_around() -> None:
    row, peaks = np.full((1, 10), CAR), {(0, 1): 0.9, (0, 3): 0.8, (0, 8): 0.3}
    assert np.unique(group(row, peaks, nms_kernel=3)).tolist() == [CAR * INFO.label_divisor + n for n in (1, 2, 3)]
    assert np.unique(group(row, peaks, nms_kernel=5)).tolist() == [CAR * INFO.label_divisor + n for n in (1, 2)]
    assert np.unique(group(row, peaks, nms_kernel=3, center_threshold=0.5)).size == 2
    assert np.unique(group(row, peaks, nms_kernel=3, center_threshold=0.85)).size == 1


def test_the_best_centres_are_kept() -> None:
    row, peaks = np.full((1, 10), CAR), {(0, 1): 0.3, (0, 8): 0.9, (0, 5): 0.6}
    assert instances(group(row, peaks, nms_kernel=3, top_k=1)) == [[1] * 10]
    kept = instances(group(row, peaks, nms_kernel=3, top_k=2))[0]
    assert kept[8] == 1 and kept[5] == kept[1] == 2


def test_an_instance_is_of_the_class_of_most_of_its_pixels() -> None:
    row = np.array([[CAR, CAR, CAR, PERSON, PERSON, ROAD]])
    found = group(row, {(0, 2): 0.9})
    assert found.tolist() == [[CAR * INFO.label_divisor + 1] * 5 + [ROAD * INFO.label_divisor]]


def test_things_without_a_centre_are_void() -> None:
    row = np.array([[CAR, CAR, ROAD, ROAD]])
    void, road = dataset.VOID_16, ROAD * INFO.label_divisor
    assert group(row, {}).tolist() == group(row, {(0, 0): 0.05}).tolist() == [[void, void, road, road]]


def test_small_segments_are_void() -> None:
    row = np.array([[CAR, CAR, CAR, PERSON, PERSON, ROAD, ROAD, SKY, ROAD]])
    peaks = {(0, 1): 0.9, (0, 4): 0.8}
    divisor, void = INFO.label_divisor, dataset.VOID_16
    car, person = [CAR * divisor + 1] * 3, [PERSON * divisor + 2] * 2
    road, sky = ROAD * divisor, SKY * divisor
    whole = [*car, *person, road, road, sky, road]
    pointing = np.zeros((1, 9, 2))
    pointing[0, 2, 1], pointing[0, 3, 1] = -1, 1
    find = lambda **fields: group(row, peaks, offset=pointing, nms_kernel=3, **fields)[0].tolist()
    assert find() == find(stuff_area=1, thing_area=2) == whole
    assert find(stuff_area=2) == find(stuff_area=3) == [*car, *person, road, road, void, road]
    assert find(stuff_area=4) == [*car, *person, void, void, void, void]
    assert find(thing_area=3) == [*car, void, void, road, road, sky, road]
    assert find(thing_area=4, stuff_area=2) == [void] * 5 + [road, road, void, road]


def test_there_are_never_more_instances_than_ids() -> None:
    many = dataset.DatasetInfo("many", (dataset.Category("car", (0, 0, 0), is_thing=True),) * 20000, ())
    assert many.label_divisor == 3
    logits = tf.one_hot([[[7] * 9]], many.num_categories)
    heatmap = tf.constant([[0.9, 0, 0, 0.8, 0, 0, 0.7, 0, 0]])[None, ..., None]
    config = instance_grouping.Config(nms_kernel=3)
    found = instance_grouping.group(config, many, logits, heatmap, tf.zeros([1, 1, 9, 2]))["panoptic"]
    assert np.unique(found).tolist() == [7 * 3 + 1, 7 * 3 + 2]
