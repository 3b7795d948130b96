"""Every augmentation: the image and its maps stay together, and the pixels follow from the seed alone."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, registry

NAMES = registry.available("seg_models.augment")
INFO = dataset.DatasetInfo("blocks", tuple(dataset.Category(str(i), (0, 0, 0)) for i in range(6)), ())
COLORS = np.array(
    [[20, 60, 90], [200, 40, 70], [90, 180, 30], [60, 70, 200], [160, 150, 60], [100, 110, 120]], np.float32
)
SEEDS = range(12)


def example() -> dict[str, tf.Tensor]:
    """Blocks of 24 pixels, [96, 144]; a pixel's class says its colour and its instance."""
    blocks = np.random.default_rng(3).integers(0, 6, [4, 6]).astype(np.int32)
    semantic = np.kron(blocks, np.ones([24, 24], np.int32))
    return {
        "image": tf.constant(COLORS[semantic]),
        "semantic": tf.constant(semantic),
        "instance": tf.constant(semantic + 1),
        "weight": tf.constant(1.0),
        "key": tf.constant("a"),
        "object_category": tf.constant([1, 2]),
    }


def applied(name: str, seed: int) -> dict[str, np.ndarray]:
    module = registry.find("seg_models.augment", name)
    result = module.apply(module.Config(), example(), seed=tf.constant([5, seed]), info=INFO)
    return {key: value.numpy() for key, value in result.items()}


@pytest.mark.parametrize("name", NAMES)
def test_image_and_maps_stay_together(name: str) -> None:
    for seed in SEEDS:
        result = applied(name, seed)
        image, semantic, instance = result["image"], result["semantic"], result["instance"]
        assert image.shape == (*semantic.shape, 3) and instance.shape == semantic.shape
        assert (instance == np.where(semantic == INFO.void, 0, semantic + 1)).all()
        # Away from the seams a class still has one colour, whatever was done to the colours.
        windows = np.lib.stride_tricks.sliding_window_view(semantic, [5, 5])
        inner = (windows == windows[..., 2:3, 2:3]).all(axis=(2, 3))
        pixels, ids = image[2:-2, 2:-2][inner].astype(np.float64), semantic[2:-2, 2:-2][inner]
        assert len(np.unique(ids)) >= 5
        means = np.array([pixels[ids == value].mean(axis=0) for value in np.unique(ids)])
        for value, mean in zip(np.unique(ids), means):
            assert np.abs(pixels[ids == value] - mean).max() < 0.01
        assert min(np.abs(a - b).max() for i, a in enumerate(means) for b in means[:i]) > 5


@pytest.mark.parametrize("name", NAMES)
def test_types_range_and_what_passes_through(name: str) -> None:
    result = applied(name, 1)
    assert {key: value.dtype for key, value in result.items() if key != "key"} == {
        "image": np.float32, "semantic": np.int32, "instance": np.int32, "weight": np.float32,
        "object_category": np.int32,
    }  # fmt: skip
    assert result["image"].min() >= 0 and result["image"].max() <= 255
    assert result["key"] == b"a" and result["object_category"].tolist() == [1, 2]


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides(name: str) -> None:
    results = [applied(name, seed) for seed in SEEDS]
    for seed, result in zip(SEEDS, results):
        again = applied(name, seed)
        assert all(np.array_equal(result[key], again[key]) for key in result)
    assert len({result["image"].tobytes() for result in results}) > 1


@pytest.mark.parametrize("name", NAMES)
def test_same_pixels_in_a_graph(name: str) -> None:
    module = registry.find("seg_models.augment", name)
    mapped = tf.data.Dataset.from_tensors(example()).map(
        lambda one: module.apply(module.Config(), one, seed=tf.constant([5, 2]), info=INFO)
    )
    result, eager = next(mapped.as_numpy_iterator()), applied(name, 2)
    np.testing.assert_allclose(result["image"], eager["image"], atol=1e-3)
    assert (result["semantic"] == eager["semantic"]).all() and (result["instance"] == eager["instance"]).all()
