"""toy_streets, prepared by TensorFlow Datasets: `tfds.load` gives what our own data set holds, and it comes back."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

from seg_models import dataset, image_files, records
from seg_models.datasets import tfds as prepared_sets
from seg_models.datasets import toy_streets
from seg_models.tfds_builders import toy_streets as builder_module

SCENES = toy_streets.Config(images_train=3, images_eval=2, images_test=1, height=48, width=64)

tfds.disable_progress_bar()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small variant, prepared."""
    folder = tmp_path_factory.mktemp("tensorflow_datasets")
    small = builder_module.Config(name="64x48", scenes=SCENES)
    tfds.builder("toy_streets", data_dir=folder, config=small).download_and_prepare()
    return folder


def ours(split: str) -> dict[str, dataset.Example]:
    """The examples of our own data set by key."""
    return {item.key: toy_streets.load(SCENES, item) for item in toy_streets.items(SCENES, split)}


@pytest.mark.parametrize(("split", "name"), [("train", "train"), ("eval", "validation"), ("test", "test")])
def test_what_is_loaded_is_what_our_data_set_holds(data_dir: Path, split: str, name: str) -> None:
    config = builder_module.Config(name="64x48", scenes=SCENES)
    loaded = tfds.as_numpy(tfds.load("toy_streets", data_dir=data_dir, split=name, builder_kwargs={"config": config}))
    expected = ours(split)
    for example in loaded:
        own = expected.pop(example["key"].decode())
        np.testing.assert_array_equal(example["image"], image_files.decode_rgb(own.image_bytes))
        np.testing.assert_array_equal(example["semantic"][..., 0], own.semantic)
        np.testing.assert_array_equal(example["instance"][..., 0], own.instance)
        objects = example["objects"]
        assert len(objects["label"]) == len(own.objects)
        for place, thing in enumerate(own.objects):
            told = (objects["label"][place], objects["instance"][place], objects["depth"][place])
            assert told == (thing.category, thing.instance, thing.depth) and not objects["is_crowd"][place]
            np.testing.assert_array_equal(objects["amodal_mask"][place, ..., 0] > 0, thing.amodal)
            rows, columns = np.nonzero((own.instance == thing.instance) & (thing.instance > 0))
            assert objects["area"][place] == rows.size
            box = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1] if rows.size else [0, 0, 0, 0]
            np.testing.assert_allclose(objects["bbox"][place] * [48, 64, 48, 64], box, atol=1e-4)
    assert not expected


def test_it_comes_back_as_it_went(data_dir: Path) -> None:
    config = prepared_sets.Config(data_dir=str(data_dir), builder="toy_streets")
    assert prepared_sets.info(config).categories == toy_streets.INFO.categories
    assert prepared_sets.info(config).splits == ("train", "eval", "test")
    expected = sorted(ours("train").values(), key=lambda example: example.image_bytes)
    items = prepared_sets.items(config, "train")
    read = sorted((prepared_sets.load(config, item) for item in items), key=lambda example: example.image_bytes)
    assert len(read) == len(expected)
    for one, own in zip(read, expected):
        assert one.image_bytes == own.image_bytes and not one.findings
        back = records.decode(records.encode(one))
        np.testing.assert_array_equal(back.semantic, own.semantic)
        np.testing.assert_array_equal(back.instance, own.instance)
        for thing, true in zip(back.objects, own.objects, strict=True):
            assert (thing.category, thing.instance, thing.depth) == (true.category, true.instance, true.depth)
            np.testing.assert_array_equal(thing.amodal, true.amodal)


def test_its_variants_are_published() -> None:
    assert [config.name for config in builder_module.ToyStreets.BUILDER_CONFIGS] == ["128x128", "512x256"]
    info = tfds.builder("toy_streets", data_dir="unused").info
    assert info.features["semantic"].names == list(toy_streets.INFO.names)
    assert info.features["image"].shape == (128, 128, 3)
