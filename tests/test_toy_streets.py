"""The embedded data set: deterministic, true to the contract, in balance, and not to be solved by colour."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from seg_models import dataset, errors, image_files, records
from seg_models.datasets import toy_streets
from seg_models.toy_scene import categories, render

TRAIN, EVAL = 200, 50


def _examples(config: toy_streets.Config, split: str) -> list[dataset.Example]:
    return [toy_streets.load(config, item) for item in toy_streets.items(config, split)]


@pytest.fixture(scope="module")
def train() -> list[dataset.Example]:
    return _examples(toy_streets.Config(images_train=TRAIN), "train")


@pytest.fixture(scope="module")
def held_out() -> list[dataset.Example]:
    return _examples(toy_streets.Config(images_eval=EVAL), "eval")


def _digest(example: dataset.Example) -> str:
    parts = [example.image_bytes, example.semantic.tobytes(), example.instance.tobytes()]
    return hashlib.sha256(b"".join(parts + [thing.amodal.tobytes() for thing in example.objects])).hexdigest()


def test_items_name_the_split_and_are_unique() -> None:
    config = toy_streets.Config(images_train=13, images_eval=2)
    keys = [item.key for split in toy_streets.INFO.splits for item in toy_streets.items(config, split)]
    assert keys[12] == "toy_streets/train/000012"
    assert len(set(keys)) == len(keys) == 15


def test_the_category_names_stand_in_the_order_of_the_scene() -> None:
    for train_id, name in enumerate(toy_streets.INFO.names):
        assert getattr(categories, name.upper()) == train_id
    assert toy_streets.INFO.thing_ids == categories.THINGS


def test_an_image_depends_on_neither_order_nor_process(train: list[dataset.Example]) -> None:
    item = dataset.Item("toy_streets/train/000007")
    assert _digest(toy_streets.load(toy_streets.Config(), item)) == _digest(train[7])
    code = (
        "import hashlib, sys\nfrom seg_models import dataset\nfrom seg_models.datasets import toy_streets\n"
        f"example = toy_streets.load(toy_streets.Config(), dataset.Item({item.key!r}))\n"
        "assert 'tensorflow' not in sys.modules\nprint(hashlib.sha256(example.image_bytes).hexdigest())"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == hashlib.sha256(train[7].image_bytes).hexdigest()


def test_seed_split_and_index_each_give_another_image(train: list[dataset.Example]) -> None:
    others = [("train/000000", 1), ("eval/000000", 0), ("train/000001", 0)]
    digests = {_digest(train[0])}
    for key, seed in others:
        digests.add(_digest(toy_streets.load(toy_streets.Config(seed=seed), dataset.Item(f"toy_streets/{key}"))))
    assert len(digests) == 4


@pytest.mark.parametrize(("height", "width"), [(32, 32), (96, 160), (150, 70), (64, 320)])
def test_any_size(height: int, width: int) -> None:
    config = toy_streets.Config(images_train=8, height=height, width=width)
    for example in _examples(config, "train"):
        assert image_files.decode(example.image_bytes).shape == (height, width, 3)
        assert example.semantic.shape == example.instance.shape == (height, width) == (example.height, example.width)
        assert all(thing.amodal.shape == (height, width) for thing in example.objects)
        _check_contract(example)


@pytest.mark.parametrize(("field", "value"), [("images_eval", -1), ("seed", -1), ("height", 8), ("width", 0)])
def test_bad_settings_name_the_field(field: str, value: int) -> None:
    with pytest.raises(errors.UserError, match=f"`{field}` is {value}"):
        next(toy_streets.items(toy_streets.Config(**{field: value}), "train"))


def test_an_unknown_split_names_the_nearest() -> None:
    with pytest.raises(errors.UserError, match="Did you mean `eval`"):
        next(toy_streets.items(toy_streets.Config(), "evla"))


def _check_contract(example: dataset.Example) -> None:
    """Semantic, instance and objects say the same; the nearer thing owns the pixels that two extents share."""
    assert set(np.unique(example.semantic)) <= {*range(8), dataset.VOID}
    assert sum(example.raw_histogram.values()) == example.semantic.size
    np.testing.assert_array_equal(np.isin(example.semantic, categories.THINGS), example.instance > 0)
    seen = [thing.instance for thing in example.objects if thing.instance]
    assert seen == list(range(1, len(seen) + 1)) == np.unique(example.instance[example.instance > 0]).tolist()
    assert [thing.depth for thing in example.objects] == list(range(len(example.objects)))
    covered = np.zeros(example.semantic.shape, bool)
    for thing in example.objects:
        visible = (example.instance == thing.instance) & (example.instance > 0)
        assert (example.semantic[visible] == thing.category).all()
        assert not (visible & ~thing.amodal).any()
        assert not (visible & covered).any()
        assert visible.any() == (thing.instance > 0)
        if thing.instance:
            assert visible.sum() >= render.SMALLEST * min(visible.shape) ** 2
        covered |= thing.amodal


def test_truth_is_consistent(train: list[dataset.Example]) -> None:
    for example in train:
        _check_contract(example)


def test_things_hide_one_another(train: list[dataset.Example]) -> None:
    hidden, extents = [], 0
    for example in train:
        for thing in example.objects:
            visible = example.instance == thing.instance if thing.instance else np.zeros_like(thing.amodal)
            hidden.append(1 - visible.sum() / thing.amodal.sum())
        overlap = sum(thing.amodal.astype(int) for thing in example.objects)
        extents += (overlap > 1).any()
    assert np.mean(np.array(hidden) > 0.05) > 0.2
    assert hidden.count(1.0) >= 1  # wholly hidden, and still annotated
    assert extents > 0.3 * TRAIN


def test_the_record_keeps_everything(train: list[dataset.Example]) -> None:
    example = next(one for one in train if any(thing.instance == 0 for thing in one.objects))
    restored = records.decode(records.encode(example))
    assert restored.image_bytes == example.image_bytes
    np.testing.assert_array_equal(restored.semantic, example.semantic)
    np.testing.assert_array_equal(restored.instance, example.instance)
    for thing, other in zip(example.objects, restored.objects, strict=True):
        assert (thing.category, thing.instance, thing.depth) == (other.category, other.instance, other.depth)
        np.testing.assert_array_equal(thing.amodal, other.amodal)


def test_every_category_is_common(train: list[dataset.Example]) -> None:
    present = np.mean([np.bincount(example.semantic.ravel(), minlength=256) > 0 for example in train], axis=0)
    assert (present[: toy_streets.INFO.num_categories] >= 0.8).all()
    assert present[dataset.VOID] >= 0.5
    things = np.array([len(example.objects) for example in train])
    assert things.max() <= 7 and things.mean() >= 3.5


def _mean_iou(examples: list[dataset.Example], predictions: list[np.ndarray]) -> float:
    """Independent of seg_models.metrics; all eight categories occur."""
    intersection, union = np.zeros(8), np.zeros(8)
    for example, prediction in zip(examples, predictions, strict=True):
        counted = example.semantic != dataset.VOID
        for category in range(8):
            truth, predicted = (example.semantic == category) & counted, (prediction == category) & counted
            intersection[category] += (truth & predicted).sum()
            union[category] += (truth | predicted).sum()
    return float(np.mean(intersection / union))


def test_a_constant_answer_scores_badly(held_out: list[dataset.Example]) -> None:
    """Measured: 0.034 (always road)."""
    scores = [_mean_iou(held_out, [np.full(one.semantic.shape, c) for one in held_out]) for c in range(8)]
    assert max(scores) < 0.1


def _color_bins(example: dataset.Example) -> np.ndarray:
    """int [H, W]: the pixel's colour, 16 levels a channel."""
    levels = image_files.decode(example.image_bytes).astype(int) // 16
    return (levels[..., 0] * 16 + levels[..., 1]) * 16 + levels[..., 2]


def test_the_best_colour_table_scores_badly(train: list[dataset.Example], held_out: list[dataset.Example]) -> None:
    """The most frequent category of every colour, learnt on 200 images. Measured: 0.33."""
    counts = np.zeros((16**3, 256), int)
    for example in train:
        np.add.at(counts, (_color_bins(example), example.semantic), 1)
    table = counts[:, :8].argmax(1)
    assert _mean_iou(held_out, [table[_color_bins(example)] for example in held_out]) < 0.45


def test_the_best_map_of_places_scores_badly(train: list[dataset.Example], held_out: list[dataset.Example]) -> None:
    """The most frequent category of every pixel. Measured: 0.32."""
    counts = np.stack([sum((example.semantic == category).astype(int) for example in train) for category in range(8)])
    assert _mean_iou(held_out, [counts.argmax(0)] * EVAL) < 0.45
