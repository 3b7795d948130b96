"""Every data set keeps the contract of seg_models/dataset.py: a new file in datasets/ is tested the day it appears.

Its data are made by tests/raw_trees/NAME.py in the published layout; REAL there names what lies in the shared data.
"""

import dataclasses
import functools
import itertools
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from components import conversion
from seg_models import (
    config,
    dataset,
    errors,
    image_files,
    inspection,
    listing,
    manifest,
    record_comparison,
    records,
    registry,
    truth_checks,
)
from tests import test_conversion

PACKAGE = "seg_models.datasets"
TREES = "tests.raw_trees"
# Enough of each split to see what differs from image to image; the whole is for a real run.
FIRST = 3


def cases() -> list[tuple[str, str]]:
    """(data set, "made" or "real") for every raw tree that can be had."""
    made = [(name, "made") for name in registry.available(PACKAGE)]
    return made + [(name, "real") for name in registry.available(TREES) if hasattr(registry.find(TREES, name), "REAL")]


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

    @functools.cached_property
    def examples(self) -> list[tuple[dataset.Item, dataset.Example]]:
        """The first items of every split, loaded."""
        return [(item, self.module.load(self.config, item)) for split in self.info.splits for item in self.items(split)]


@pytest.fixture(scope="module", params=cases(), ids="-".join)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Each data set in turn: on a raw tree in its published layout that is made, and on real data."""
    name, kind = request.param
    module = registry.find(PACKAGE, name)
    if name not in registry.available(TREES):
        next(module.items(module.Config(), "train"))
        return Case(module, module.Config())
    tree = registry.find(TREES, name)
    if kind == "real":
        shared_data = request.getfixturevalue("shared_data")
        fields = {**tree.REAL, "data_dir": str(shared_data / tree.REAL["data_dir"])}
    else:
        fields = {**getattr(tree, "FIELDS", {}), "data_dir": str(tree.make(tmp_path_factory.mktemp(name) / "raw"))}
    return Case(module, dataclasses.replace(module.Config(), **fields))


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
    assert info.tasks and set(info.tasks) <= {"semantic", "instance", "panoptic", "amodal", "regions"}


def test_settings_survive_json(case: Case) -> None:
    assert config.from_json(config.to_json(case.config)) == case.config
    assert config.from_json(config.to_json(case.info)) == case.info


def test_items_are_listed_alike_twice_and_travel(case: Case) -> None:
    for split in case.info.splits:
        assert case.items(split) == case.items(split)
        assert [item.key for item in case.items(split)] == sorted(item.key for item in case.items(split))
        for item in case.items(split):
            assert pickle.loads(pickle.dumps(item)) == item
            assert item.key and not Path(item.key).is_absolute()
    listed = listing.items(case.config)
    keys = [entry.item.key for several in listed.values() for entry in several]
    assert len(set(keys)) == len(keys)
    assert not any(entry.problem for several in listed.values() for entry in several)


def test_an_unknown_split_gets_the_nearest(case: Case) -> None:
    with pytest.raises(errors.UserError, match="Did you mean `train`"):
        list(case.module.items(case.config, "trian"))


def test_examples_keep_the_contract(case: Case) -> None:
    info = case.info
    for item, example in case.examples:
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
    for _, example in case.examples:
        if example.semantic is None:
            continue
        expected = np.zeros(dataset.VOID_16 + 1, np.int64)
        for value, pixels in example.raw_histogram.items():
            train_id = dict(info.raw_values)[value]
            expected[info.void if train_id is None else train_id] += pixels
        np.testing.assert_array_equal(np.bincount(example.semantic.ravel(), minlength=dataset.VOID_16 + 1), expected)


def test_objects_and_instances_agree(case: Case) -> None:
    info = case.info
    for _, example in case.examples:
        own = [thing for thing in example.objects if thing.instance]
        if example.instance is None:
            assert not own
            continue
        assert example.instance.shape == (example.height, example.width)
        assert sorted(thing.instance for thing in own) == sorted(set(np.unique(example.instance).tolist()) - {0})
        for thing in own:
            mask = example.instance == thing.instance
            assert info.categories[thing.category].is_thing and thing.annotator == 0
            agrees = thing.mask is None or not (mask & ~thing.mask).any()
            assert agrees or example.findings, "what is foremost of a thing is seen of it, or it is said"
            if example.semantic is not None and thing.mask is None:
                assert set(np.unique(example.semantic[mask]).tolist()) <= {thing.category, info.void}


def test_masks_have_the_size_of_the_image(case: Case) -> None:
    for _, example in case.examples:
        size = (example.height, example.width)
        for thing in example.objects:
            for mask in (thing.mask, thing.amodal):
                assert mask is None or (mask.dtype == bool and mask.shape == size)
            assert thing.occlusion is None or 0 <= thing.occlusion <= 1
        assert all(values.shape == size and values.min() >= 0 for values in example.maps.values())
        assert all(finding.kind in dataset.FINDING_KINDS for finding in example.findings)


def test_records_lose_nothing(case: Case) -> None:
    for _, example in case.examples:
        decoded = records.decode(records.encode(example))
        for field in ("key", "image_bytes", "image_format", "height", "width", "annotation", "findings"):
            assert getattr(decoded, field) == getattr(example, field)
        for field in ("semantic", "instance", "raw"):
            np.testing.assert_array_equal(getattr(decoded, field), getattr(example, field))
        assert list(decoded.maps) == list(example.maps)
        for name, values in example.maps.items():
            np.testing.assert_array_equal(decoded.maps[name], values)
        assert len(decoded.objects) == len(example.objects)
        for one, other in zip(decoded.objects, example.objects):
            for field in ("category", "instance", "is_crowd", "depth", "annotator", "name", "source_id"):
                assert getattr(one, field) == getattr(other, field)
            assert one.occlusion == other.occlusion or one.occlusion == np.float32(other.occlusion)
            np.testing.assert_array_equal(one.mask, other.mask)
            np.testing.assert_array_equal(one.amodal, other.amodal)


def test_source_maps_can_be_rebuilt_from_the_record(case: Case) -> None:
    for item, example in case.examples:
        decoded = records.decode(records.encode(example))
        rebuilt = list(case.module.restore(case.config, item, decoded)) if hasattr(case.module, "restore") else []
        if not rebuilt and decoded.raw is not None and "mask" in dict(item.paths):
            rebuilt = [(item.path("mask"), decoded.raw)]
        for path, values in rebuilt:
            np.testing.assert_array_equal(values, image_files.read_raw_mask(path), err_msg=path)


def test_verify_finds_nothing_wrong(case: Case) -> None:
    for item, example in case.examples:
        found = list(truth_checks.findings(example, case.info, truth_checks.place_of(item)))
        assert not [finding.text for finding in found if finding.kind in inspection.ERRORS]
        stored = records.decode(records.encode(example))
        assert not list(record_comparison.differences(stored, example))
        rebuilt = record_comparison.rebuilt(case.module, case.config, item, stored)
        assert not [(path, difference) for path, difference in rebuilt if difference]


def test_loading_twice_gives_the_same_record(case: Case) -> None:
    item, example = case.examples[0]
    assert records.encode(case.module.load(case.config, item)) == records.encode(example)


def test_panoptic_truth_covers_every_counted_pixel_or_has_unlabelled_things(case: Case) -> None:
    info = case.info
    for _, example in case.examples:
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
