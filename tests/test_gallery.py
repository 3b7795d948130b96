"""The gallery: the right samples whatever the order, bounded in number and in bytes."""

import itertools
import math
import pickle

import numpy as np
import pytest

from seg_models import dataset, gallery, image_files, metric


def _sample(key: str, score: float) -> gallery.Sample:
    return gallery.Sample(key, score, (("pq", score),), b"", (), ())


def _filled(scores: dict[str, float], size: int) -> gallery.Gallery:
    found = gallery.Gallery(size)
    for key, score in scores.items():
        found.offer(key, score, lambda key=key, score=score: _sample(key, score))
    return found


def _keys(found: gallery.Gallery) -> dict[str, list[str]]:
    return {kind: [sample.key for sample in getattr(found, kind)] for kind in gallery.KINDS}


def test_best_and_worst() -> None:
    found = _keys(_filled({"a": 0.5, "b": 0.9, "c": 0.1, "d": 0.7}, 2))
    assert found["best"] == ["b", "d"]
    assert found["worst"] == ["c", "a"]


def test_order_and_split_do_not_matter() -> None:
    scores = {"a": 0.5, "b": 0.9, "c": 0.5, "d": 0.7, "e": 0.1}
    expected = _keys(_filled(scores, 2))
    for order in itertools.permutations(scores):
        ordered = {key: scores[key] for key in order}
        assert _keys(_filled(ordered, 2)) == expected
        first = _filled({key: scores[key] for key in order[:2]}, 2)
        first.merge(_filled({key: scores[key] for key in order[2:]}, 2))
        assert _keys(first) == expected


def test_random_samples_do_not_follow_the_score() -> None:
    scores = {f"image {index}": index / 100 for index in range(100)}
    chosen = _keys(_filled(scores, 5))["random"]
    assert chosen == _keys(_filled({key: 1 - score for key, score in scores.items()}, 5))["random"]
    assert chosen not in (list(scores)[:5], list(scores)[-5:])


def test_undefined_scores_are_neither_best_nor_worst() -> None:
    found = _keys(_filled({"a": math.nan, "b": 0.4}, 3))
    assert found["best"] == found["worst"] == ["b"]
    assert sorted(found["random"]) == ["a", "b"]


def test_only_what_is_kept_is_drawn() -> None:
    found, drawn = gallery.Gallery(1), []
    for index in range(50):
        key = f"k{index}"
        found.offer(key, 0.5, lambda key=key: drawn.append(key) or _sample(key, 0.5))
    assert len(drawn) < 15


def test_an_empty_gallery() -> None:
    assert _keys(_filled({"a": 0.5}, 0)) == {"best": [], "worst": [], "random": []}


def test_samples_are_small_whatever_the_image() -> None:
    random = np.random.default_rng(0)
    image = random.integers(0, 255, (1200, 2400, 3)).astype(np.uint8)
    panoptic = random.integers(0, 60000, (1200, 2400))
    maps = metric.Maps(panoptic // 1000, panoptic)
    sample = gallery.sample("key", (("pq", 0.5),), image, (maps, maps))
    assert len(pickle.dumps(sample)) < 3_000_000
    small = image_files.decode_rgb(sample.image)
    assert max(small.shape) == gallery.LONGEST_SIDE
    assert gallery.decoded(sample.truth)["panoptic"].shape == small.shape[:2]


def test_maps_come_back_exactly_where_nothing_is_shrunk() -> None:
    panoptic = np.array([[0, 1001], [65535, 2002]])
    sample = gallery.sample(
        "key", (), np.zeros((2, 2, 3), np.uint8), (metric.Maps(panoptic, panoptic), metric.Maps(panoptic))
    )
    assert (gallery.decoded(sample.truth)["panoptic"] == panoptic).all()
    assert list(gallery.decoded(sample.prediction)) == ["semantic"]
    assert math.isnan(sample.score)


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1)])
def test_extreme_shapes_keep_a_pixel(shape: tuple[int, int]) -> None:
    maps = metric.Maps(np.full(shape, dataset.VOID))
    sample = gallery.sample("key", (), np.zeros((*shape, 3), np.uint8), (maps, maps))
    assert min(image_files.decode_rgb(sample.image).shape[:2]) == 1
