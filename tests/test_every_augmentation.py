"""Every augmentation: image and maps stay together, void stays void, and the pixels follow from the seed alone."""

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from seg_models import config, dataset, errors, registry
from seg_models.augment import crop, rand_augment

PACKAGE = "seg_models.augment"
MODULES = {name: registry.find(PACKAGE, name) for name in registry.available(PACKAGE)}
SINGLE = [name for name, module in MODULES.items() if hasattr(module, "apply")]
MIXING = [name for name in MODULES if name not in SINGLE]
# These change colours and nothing else; of `rand_augment` what moves pixels is looked at by itself.
COLORING = ["blur", "color", "noise"]
MOVING = {name: MODULES[name].Config() for name in SINGLE if name not in COLORING} | {
    "crop": crop.Config(110, 80),
    "rand_augment": rand_augment.Config(operations=rand_augment.OPERATIONS[-4:] + ("rotate", "identity")),
}
INFO = dataset.DatasetInfo("blocks", tuple(dataset.Category(str(i), (0, 0, 0), True) for i in range(6)), ())
SPATIAL = ("image", "semantic", "instance")
SIZE = (96, 144)
BLUE, STEP = 60.0, 20.0
SEEDS = range(12)


def example(number: int = 0) -> dict[str, np.ndarray]:
    """Blocks of 24 pixels, one of them void, each an instance. Red and green are a pixel's place, blue its image."""
    blocks = np.random.default_rng(number).integers(0, 6, [4, 6])
    blocks[1, number] = INFO.void
    ids = np.where(blocks == INFO.void, 0, np.arange(1, 25).reshape(4, 6) * 9)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    return {
        "image": np.stack([40 + rows, 40 + columns, np.full(SIZE, BLUE + STEP * number)], axis=-1).astype(np.float32),
        "semantic": np.kron(blocks, np.ones([24, 24], np.int32)).astype(np.int32),
        "instance": np.kron(ids, np.ones([24, 24], np.int32)).astype(np.int32),
        "weight": np.float32(1),
        "key": np.array(f"image {number}".encode()),
        "object_category": np.where(ids > 0, blocks, -1).ravel().astype(np.int32),
        "object_instance": ids.ravel().astype(np.int32),
        "object_crowd": (ids > 0).ravel() & (np.arange(24) % 8 == 0),
    }


def batch() -> dict[str, np.ndarray]:
    examples = [example(number) for number in range(3)]
    return {name: np.stack([one[name] for one in examples]) for name in examples[0]}


@functools.cache
def graph(settings: Any, static: bool = False) -> Callable[..., dict[str, tf.Tensor]]:
    """(example or batch, seed) -> what becomes of it, traced for every size or for just this."""
    module = registry.module_of(settings)
    mixes = not hasattr(module, "apply")
    values = batch() if mixes else example()
    spec = {name: tf.TensorSpec(value.shape, tf.as_dtype(value.dtype)) for name, value in values.items()}
    spec["key"] = tf.TensorSpec(values["key"].shape, tf.string)
    if not mixes and not static:
        spec |= {name: tf.TensorSpec([None, None, *spec[name].shape[2:]], spec[name].dtype) for name in SPATIAL}
    if mixes:
        apply = functools.partial(module.apply_batch, settings, info=INFO)
        traced = tf.function(lambda values, seeds: apply(values, seeds=seeds))
        return traced.get_concrete_function(spec, tf.TensorSpec([3, 2], tf.int32))
    apply = functools.partial(module.apply, settings, info=INFO)
    traced = tf.function(lambda values, seed: apply(values, seed=seed))
    return traced.get_concrete_function(spec, tf.TensorSpec([2], tf.int32))


def applied(settings: Any, seed: int) -> dict[str, np.ndarray]:
    mixes = not hasattr(registry.module_of(settings), "apply")
    seeds = [[5, 3 * seed + number] for number in range(3)] if mixes else [5, seed]
    values = {name: tf.constant(value) for name, value in (batch() if mixes else example()).items()}
    return {name: value.numpy() for name, value in graph(settings)(values, tf.constant(seeds)).items()}


@pytest.mark.parametrize("name", MOVING)
def test_maps_show_what_the_image_shows(name: str) -> None:
    original = example()
    padded = np.pad(original["semantic"], 1, mode="edge")
    nearby = np.stack([padded[y : y + SIZE[0], x : x + SIZE[1]] for y in range(3) for x in range(3)])
    for seed in SEEDS:
        result = applied(MOVING[name], seed)
        image, semantic = result["image"], result["semantic"]
        assert image.shape == (*semantic.shape, 3) and result["instance"].shape == semantic.shape
        # Every block is an instance, so a pixel without one must be void, and the other way round.
        assert ((result["instance"] == 0) == (semantic == INFO.void)).all()
        unknown = np.abs(image[..., 2] - crop.GREY) < 0.01
        assert (semantic[unknown] == INFO.void).all()
        known = np.abs(image[..., 2] - BLUE) < 0.01
        assert known.mean() > 0.2 and (known | unknown).mean() > 0.9  # between them, the border mixes with grey
        rows, columns = (np.round(image[known][:, axis] - 40).astype(int) for axis in range(2))
        assert (nearby[:, rows, columns] == semantic[known]).any(axis=0).all()


@pytest.mark.parametrize("name", COLORING)
def test_maps_stay_where_colours_change(name: str) -> None:
    for seed in SEEDS:
        result = applied(MODULES[name].Config(), seed)
        for key, value in example().items():
            assert key == "image" or np.array_equal(result[key], value)


@pytest.mark.parametrize("name", MIXING)
def test_what_is_mixed_stays_whole(name: str) -> None:
    originals, mixed_share = batch(), []
    for seed in SEEDS:
        result = applied(MODULES[name].Config(), seed)
        for number in range(3):
            one = {key: value[number] for key, value in result.items()}
            source = np.round((one["image"][..., 2] - BLUE) / STEP).astype(int)
            assert set(np.unique(source)) <= {number, (number + 1) % 3}
            rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
            assert (one["image"] == originals["image"][source, rows, columns]).all()
            assert (one["semantic"] == originals["semantic"][source, rows, columns]).all()
            check_objects(one, originals["instance"][source, rows, columns], source)
            mixed_share.append((source != number).mean())
    assert 0.05 < np.mean(mixed_share) < 0.6


def check_objects(one: dict[str, np.ndarray], original: np.ndarray, source: np.ndarray) -> None:
    """An id is of one object of one image, and the list holds just the objects that are seen."""
    triples = {triple for triple in zip(one["instance"].ravel(), source.ravel(), original.ravel()) if triple[2]}
    assert ((one["instance"] == 0) == (original == 0)).all()
    assert len({triple[0] for triple in triples}) == len(triples)
    listed = {instance: place for place, instance in enumerate(one["object_instance"]) if instance}
    assert set(listed) == {triple[0] for triple in triples}
    assert len(listed) == (one["object_category"] >= 0).sum()
    for instance, number, own in triples:
        truth = example(number)
        place = list(truth["object_instance"]).index(own)
        assert one["object_category"][listed[instance]] == truth["object_category"][place]
        assert one["object_crowd"][listed[instance]] == truth["object_crowd"][place]


@pytest.mark.parametrize("name", SINGLE)
def test_what_is_saturated_stays_within_the_range(name: str) -> None:
    """Black and white blocks: rounded weights that add up to a little more than 1 would give more than white."""
    values = {key: tf.constant(value) for key, value in example().items()}
    values["image"] = tf.repeat(255.0 * tf.cast(values["semantic"] % 3 > 0, tf.float32)[..., tf.newaxis], 3, axis=-1)
    for seed in SEEDS:
        image = graph(MOVING.get(name, MODULES[name].Config()))(values, tf.constant([5, seed]))["image"].numpy()
        assert image.min() >= 0 and image.max() <= 255


@pytest.mark.parametrize("name", MODULES)
def test_types_range_and_what_passes_through(name: str) -> None:
    settings = MODULES[name].Config()
    original = example() if name in SINGLE else batch()
    for seed in SEEDS:
        result = applied(settings, seed)
        assert result.keys() == original.keys()
        assert all(value.dtype == original[key].dtype for key, value in result.items() if key != "key")
        assert result["image"].min() >= 0 and result["image"].max() <= 255
        assert np.isin(result["semantic"], [*range(6), INFO.void]).all()
        assert np.array_equal(result["weight"], original["weight"])
        assert np.asarray(result["key"]).tolist() == original["key"].tolist()
        if name in SINGLE:
            assert all(np.array_equal(result[key], original[key]) for key in original if key.startswith("object_"))


@pytest.mark.parametrize("name", MODULES)
def test_the_seed_decides(name: str) -> None:
    settings = MODULES[name].Config()
    results = [applied(settings, seed) for seed in SEEDS]
    for seed, result in zip(SEEDS[:4], results):
        again = applied(settings, seed)
        assert all(np.array_equal(result[key], again[key]) for key in result)
    assert len({result["image"].tobytes() for result in results}) > 1


@pytest.mark.parametrize("name", MODULES)
def test_nothing_in_the_graph_has_a_state(name: str) -> None:
    definition = graph(MODULES[name].Config()).graph.as_graph_def()
    types = {node.op for part in (definition, *definition.library.function) for node in
             (part.node if part is definition else part.node_def)}  # fmt: skip
    assert any("Random" in kind for kind in types)
    assert not [kind for kind in types if "Random" in kind and not kind.startswith("Stateless")]
    # A condition or loop has these types where something with a state is in it.
    assert not types & {"If", "While", "Case", "PyFunc", "EagerPyFunc"}


@pytest.mark.parametrize("name", [name for name in SINGLE if name != "scale_jitter"])
def test_the_size_is_known_where_it_was(name: str) -> None:
    settings = MODULES[name].Config()
    shapes = {key: tuple(value.shape) for key, value in graph(settings, static=True).structured_outputs.items()}
    size = (settings.height, settings.width) if name == "crop" else SIZE
    assert (shapes["image"], shapes["semantic"], shapes["instance"]) == ((*size, 3), size, size)


@pytest.mark.parametrize("name", MODULES)
def test_settings_survive_json(name: str) -> None:
    settings = MODULES[name].Config()
    assert config.from_json(config.to_json(settings)) == settings


@pytest.mark.parametrize(
    "name, field",
    [(name, field) for name, module in MODULES.items() for field in dataclasses.fields(module.Config)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_wrong_settings_are_refused(name: str, field: dataclasses.Field) -> None:
    wrong = {"int": [-7], "float": [-7.0, math.nan], "str": ["nonsense"], "tuple[str, ...]": [("nonsense",), ()]}
    kind = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", "")
    for value in wrong.get(str(field.type), wrong.get(kind, [])):
        with pytest.raises(errors.UserError, match=f"{name}: .*`{field.name}`"):
            MODULES[name].Config(**{field.name: value})
