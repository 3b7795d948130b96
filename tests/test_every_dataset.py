"""Every data set keeps the contract of seg_models/dataset.py: a new file in datasets/ is tested the day it appears.

Its data are made by a function in MADE, or are the folder of its name in the shared data.
"""

import dataclasses
import itertools
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from components import conversion
from seg_models import config, dataset, errors, image_files, listing, manifest, records, registry
from tests import small_folder, test_conversion

PACKAGE = "seg_models.datasets"
MADE: dict[str, Callable[[Path], Path]] = {"folder": small_folder.make}
# Enough of each split to see what differs from image to image; the whole is for a real run.
FIRST = 3


@dataclasses.dataclass(frozen=True)
class Case:
    """A data set with data to test on."""

    module: ModuleType
    config: object

    @property
    def info(self) -> dataset.DatasetInfo:
        """What the data set says of itself."""
        return dataset.info_of(self.module, self.config)

    def items(self, split: str) -> list[dataset.Item]:
        """The first items of a split."""
        return list(itertools.islice(self.module.items(self.config, split), FIRST))

    def examples(self) -> list[tuple[dataset.Item, dataset.Example]]:
        """The first items of every split, loaded."""
        return [(item, self.module.load(self.config, item)) for split in self.info.splits for item in self.items(split)]


@pytest.fixture(params=registry.available(PACKAGE))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Each data set in turn."""
    module = registry.find(PACKAGE, request.param)
    if request.param in MADE:
        return Case(module, module.Config(data_dir=str(MADE[request.param](tmp_path / "raw"))))
    try:
        next(module.items(module.Config(), "train"))
        return Case(module, module.Config())
    except errors.UserError:
        data_dir = request.getfixturevalue("shared_data") / request.param
        return Case(module, module.Config(data_dir=str(data_dir)))


def test_info_is_consistent(case: Case) -> None:
    info = case.info
    raw_values = [value for value, _ in info.raw_values]
    train_ids = {train_id for _, train_id in info.raw_values if train_id is not None}
    assert info.name and info.categories and info.licence is not None
    assert len(set(info.names)) == len(info.names)
    assert len(set(raw_values)) == len(raw_values)
    assert train_ids == set(range(info.num_categories)), "every class has a raw value, every raw value a class"
    assert all(0 <= part <= 255 for category in info.categories for part in category.color)
    assert {"train", "eval"} <= set(info.splits)
    assert {split for split, _ in info.expected_counts} <= set(info.splits)


def test_settings_survive_json(case: Case) -> None:
    assert config.from_json(config.to_json(case.config)) == case.config
    assert config.from_json(config.to_json(case.info)) == case.info


def test_items_are_listed_alike_twice_and_travel(case: Case) -> None:
    for split in case.info.splits:
        assert case.items(split) == case.items(split)
        for item in case.items(split):
            assert pickle.loads(pickle.dumps(item)) == item
            assert item.key and not Path(item.key).is_absolute()
    listed = listing.items(case.config)
    keys = [entry.item.key for several in listed.values() for entry in several]
    assert len(set(keys)) == len(keys)
    assert not any(entry.problem for several in listed.values() for entry in several)


def test_counts_are_the_published_ones(case: Case) -> None:
    for split, published in case.info.expected_counts:
        assert sum(1 for _ in case.module.items(case.config, split)) in (0, published)


def test_an_unknown_split_gets_the_nearest(case: Case) -> None:
    with pytest.raises(errors.UserError, match="Did you mean `train`"):
        list(case.module.items(case.config, "trian"))


def test_examples_keep_the_contract(case: Case) -> None:
    info = case.info
    for item, example in case.examples():
        assert example.key == item.key
        assert image_files.decode_rgb(example.image_bytes).shape == (example.height, example.width, 3)
        assert example.image_format in image_files.FORMATS.values()
        if example.semantic is not None:
            assert example.semantic.dtype == (np.uint8 if info.void == dataset.VOID else np.uint16)
            assert example.semantic.shape == (example.height, example.width)
            assert set(np.unique(example.semantic).tolist()) <= {*range(info.num_categories), info.void}
            assert sum(example.raw_histogram.values()) == example.semantic.size
            assert set(example.raw_histogram) <= {value for value, _ in info.raw_values}


def test_histogram_and_train_ids_agree(case: Case) -> None:
    info = case.info
    for _, example in case.examples():
        if example.semantic is None:
            continue
        expected = np.zeros(dataset.VOID_16 + 1, np.int64)
        for value, pixels in example.raw_histogram.items():
            train_id = dict(info.raw_values)[value]
            expected[info.void if train_id is None else train_id] += pixels
        np.testing.assert_array_equal(np.bincount(example.semantic.ravel(), minlength=dataset.VOID_16 + 1), expected)


def test_objects_and_instances_agree(case: Case) -> None:
    info = case.info
    for _, example in case.examples():
        if example.instance is None:
            assert example.objects == ()
            continue
        assert example.instance.shape == (example.height, example.width)
        ids = sorted(thing.instance for thing in example.objects if thing.instance)
        assert ids == sorted(set(np.unique(example.instance).tolist()) - {0})
        for thing in example.objects:
            assert info.categories[thing.category].is_thing
            mask = example.instance == thing.instance if thing.instance else np.zeros(example.instance.shape, bool)
            if example.semantic is not None:
                assert set(np.unique(example.semantic[mask]).tolist()) <= {thing.category, info.void}
            if thing.amodal is not None:
                assert thing.amodal.dtype == bool
                assert not (mask & ~thing.amodal).any(), "what is seen of a thing is part of its whole extent"


def test_records_lose_nothing(case: Case) -> None:
    for _, example in case.examples():
        decoded = records.decode(records.encode(example))
        assert decoded.image_bytes == example.image_bytes
        np.testing.assert_array_equal(decoded.semantic, example.semantic)
        np.testing.assert_array_equal(decoded.instance, example.instance)
        assert [(o.category, o.instance, o.is_crowd, o.depth) for o in decoded.objects] == [
            (o.category, o.instance, o.is_crowd, o.depth) for o in example.objects
        ]


def test_loading_twice_gives_the_same_record(case: Case) -> None:
    item = case.items("train")[0]
    assert records.encode(case.module.load(case.config, item)) == records.encode(case.module.load(case.config, item))


def test_panoptic_truth_covers_every_counted_pixel_or_has_unlabelled_things(case: Case) -> None:
    info = case.info
    for _, example in case.examples():
        if example.semantic is None:
            continue
        combined, ids = records.panoptic(example, info)
        counted = np.isin(combined, list(ids))
        stuff = np.isin(example.semantic, [i for i in range(info.num_categories) if i not in info.thing_ids])
        instance = np.zeros_like(combined) if example.instance is None else example.instance
        np.testing.assert_array_equal(counted, stuff | ((instance > 0) & (example.semantic != info.void)))
        np.testing.assert_array_equal(combined[counted] // info.label_divisor, example.semantic[counted])


def test_it_is_converted(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = case.module.items

    def few(made: object, split: str) -> list[dataset.Item]:
        return list(itertools.islice(whole(made, split), FIRST))

    monkeypatch.setattr(case.module, "items", few)
    written = conversion.convert(case.config, str(tmp_path / "out"), test_conversion.on_workers())
    counts = {split: len(few(case.config, split)) for split in case.info.splits}
    assert {split: made.records for split, made in written.splits.items()} == {k: v for k, v in counts.items() if v}
    assert manifest.read(tmp_path / "out") == written


@pytest.mark.parametrize("name", registry.available(PACKAGE))
def test_without_data_it_works_or_says_what_to_give(name: str) -> None:
    module = registry.find(PACKAGE, name)
    try:
        assert next(iter(module.items(module.Config(), "train"))).key
    except errors.UserError as error:
        assert "`data_dir`" in str(error) and "--data_dir" in str(error)


def test_no_data_set_loads_tensorflow() -> None:
    names = ", ".join(registry.available(PACKAGE))
    heavy = ("tensorflow", "apache_beam", "tfx")
    script = f"import sys; from {PACKAGE} import {names}; print([name for name in {heavy} if name in sys.modules])"
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
