"""COCO panoptic as a data set: segments and back value by value, categories of the user's own, doubts and mistakes."""

import dataclasses
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, errors, image_files, record_comparison, records
from seg_models.datasets import coco_panoptic
from seg_models.raw import coco_images
from tests.raw_trees import coco as coco_tree
from tests.raw_trees import coco_panoptic as tree

TRAIN = "panoptic_train2017"


def loaded(folder: Path, split: str = "train") -> list[tuple[dataset.Item, dataset.Example]]:
    """Items and examples of a split."""
    config = coco_panoptic.Config(data_dir=str(folder))
    return [(item, coco_panoptic.load(config, item)) for item in coco_panoptic.items(config, split)]


def change_first(folder: Path, changes: Callable[[dict], object]) -> None:
    """Changes the entry of image 1."""

    def change(content: dict) -> None:
        changes(next(entry for entry in content["annotations"] if entry["image_id"] == 1))

    coco_tree.change(folder, change, TRAIN)


def test_semantic_and_objects_by_hand(tmp_path: Path) -> None:
    config = coco_panoptic.Config(data_dir=str(tree.make(tmp_path)))
    info = coco_panoptic.info(config)
    assert (info.num_categories, len(info.thing_ids), info.categories[0].color) == (133, 80, (220, 20, 60))
    for item, example in loaded(tmp_path):
        ids = np.roll(tree.id_map(), int(example.key), axis=1)
        categories = {identity: category for identity, category, _ in tree.SEGMENTS} | {0: 0}
        np.testing.assert_array_equal(example.raw, np.vectorize(categories.get)(ids))
        names = {identity: info.names[example.semantic[ids == identity][0]] for identity, _, _ in tree.SEGMENTS}
        assert list(names.values()) == ["sky-other-merged", "grass-merged", "person", "person", "dog"]
        assert (example.semantic[ids == 0] == 255).all()
        found = {thing.source_id: (info.names[thing.category], thing.is_crowd) for thing in example.objects}
        assert found == {256: ("person", False), 65536: ("person", True), 16777215: ("dog", False)}
        for thing in example.objects:
            np.testing.assert_array_equal(example.instance == thing.instance, ids == thing.source_id)
        assert not example.maps and not example.findings


def test_maps_come_back_from_records_value_by_value(tmp_path: Path) -> None:
    config = coco_panoptic.Config(data_dir=str(tree.make(tmp_path)))
    for split in ("train", "eval"):
        for item, example in loaded(tmp_path, split):
            stored = records.decode(records.encode(example))
            assert list(record_comparison.rebuilt(coco_panoptic, config, item, stored)) == [(item.path("segments"), "")]
            assert not list(record_comparison.differences(stored, example))


def test_two_segments_of_one_kind_of_stuff_stay_apart(tmp_path: Path) -> None:
    tree.make(tmp_path)
    change_first(tmp_path, lambda entry: entry["segments_info"][0].update(category_id=193))
    config = coco_panoptic.Config(data_dir=str(tmp_path))
    item, example = loaded(tmp_path)[0]
    assert len(example.maps) == 1
    stored = records.decode(records.encode(example))
    assert list(record_comparison.rebuilt(coco_panoptic, config, item, stored)) == [(item.path("segments"), "")]


def test_real_maps(shared_data: Path) -> None:
    config = dataclasses.replace(
        coco_panoptic.Config(), **{**tree.REAL, "data_dir": str(shared_data / tree.REAL["data_dir"])}
    )
    info = coco_panoptic.info(config)
    source = json.loads((shared_data / "coco_stuff_panoptic/annotations/panoptic_train.json").read_text())
    assert info.names == tuple(category["name"] for category in source["categories"])
    truth = {Path(entry["file_name"]).stem: entry["segments_info"] for entry in source["annotations"]}
    items = [item for split in ("train", "eval") for item in coco_panoptic.items(config, split)]
    assert len(items) == 13 and sum(len(segments) for segments in truth.values()) == 144
    for item in items:
        example = coco_panoptic.load(config, item)
        rgb = np.asarray(Image.open(item.path("segments"))).astype(int)
        ids = rgb[..., 0] + 256 * rgb[..., 1] + 65536 * rgb[..., 2]
        semantic = np.full(ids.shape, 255)
        for segment in truth[Path(item.path("segments")).stem]:
            semantic[ids == segment["id"]] = segment["category_id"] - 1
        np.testing.assert_array_equal(example.semantic, semantic)
        stored = records.decode(records.encode(example))
        assert list(record_comparison.rebuilt(coco_panoptic, config, item, stored)) == [(item.path("segments"), "")]


def test_published_samples_of_the_layout(shared_data: Path) -> None:
    folder = shared_data / "layout_fixtures/coco_dataset"
    assert coco_panoptic.info(coco_panoptic.Config(str(folder / "coco_panoptic"))).names == ("a", "b")
    ((item, example),) = loaded(folder / "coco_panoptic", "eval")
    assert item.key == "eval/b" and (example.raw == [1, 1, 2, 2, 0]).all(), "ids 7, 7, 20, 20 and void in every row"
    with pytest.raises(errors.DataError, match="a.png: the mask is 5x5, its image .*a.jpg is 10x5"):
        loaded(folder / "coco_panoptic", "train")


def test_own_categories_and_one_of_id_0(tmp_path: Path) -> None:
    tree.make(tmp_path)
    for name in (TRAIN, "panoptic_val2017"):
        path = tmp_path / "annotations" / f"{name}.json"
        text = path.read_text().replace('"category_id": 193', '"category_id": 0')
        content = json.loads(text)
        content["categories"] = [
            {"id": 187, "name": "sky", "isthing": 0, "color": [1, 2, 3]},
            {"id": 18, "name": "dog", "isthing": 1},
            {"id": 1, "name": "person", "isthing": 1},
            {"id": 0, "name": "grass", "isthing": 0},
        ]
        coco_tree.write(path, content)
    config = coco_panoptic.Config(data_dir=str(tmp_path))
    info = coco_panoptic.info(config)
    assert info.names == ("grass", "person", "dog", "sky") and info.thing_ids == (1, 2)
    assert info.raw_values == ((0, 0), (1, 1), (18, 2), (187, 3), (188, None)) and not info.expected_counts
    assert coco_panoptic.found(config).startswith("own 4 categories; train: ")
    for item, example in loaded(tmp_path):
        assert item.key.startswith("train/")
        assert set(np.unique(example.semantic).tolist()) == {0, 1, 2, 3, 255}
        assert list(record_comparison.rebuilt(coco_panoptic, config, item, example)) == [(item.path("segments"), "")]


def test_test_images_have_no_labels(tmp_path: Path) -> None:
    tree.make(tmp_path)
    found = loaded(tmp_path, "test")
    assert [item.key for item, _ in found] == ["000000000201", "000000000202"]
    assert all(example.semantic is None and example.instance is None for _, example in found)
    assert not list(coco_panoptic.restore(coco_panoptic.Config(), *found[0]))


@pytest.mark.parametrize(
    "changes, kind, text",
    [
        (lambda e: e["segments_info"][2].update(area=1), "area", "256 has the `area` 1 in the JSON, but 60 pixels"),
        (lambda e: e["segments_info"][2].update(bbox=[0, 0, 2, 2]), "box", r"256 has the `bbox` \[0, 0, 2, 2\]"),
        (lambda e: e["segments_info"].append({"id": 9, "category_id": 1}), "empty", "9 is listed in the JSON, but"),
    ],
)
def test_doubts_are_found(tmp_path: Path, changes: Callable[[dict], object], kind: str, text: str) -> None:
    change_first(tree.make(tmp_path), changes)
    (found,) = loaded(tmp_path)[0][1].findings
    assert found.kind == kind
    with pytest.raises(AssertionError, match=f"000000000001.png: segment {text}"):
        raise AssertionError(found.text)


def test_one_map_of_two_images_is_found(tmp_path: Path) -> None:
    tree.make(tmp_path)
    change_first(tmp_path, lambda entry: entry.update(file_name="000000000002.png"))
    texts = [[found.text for found in example.findings if found.kind == "id"] for _, example in loaded(tmp_path)]
    assert [len(several) for several in texts] == [1, 1, 0]
    assert texts[0][0].endswith("000000000002.png: other images have this map, too.")


@pytest.mark.parametrize(
    "changes, message",
    [
        (lambda e: e["segments_info"].pop(1), r"01.png: segment 1 is in the PNG, but not listed in .* \(\d+ pi"),
        (lambda e: e["segments_info"][1].update(category_id=12), "image 1: segment 1 has the unknown `category_id` 12"),
        (lambda e: e["segments_info"][1].update(id=256), "image 1: segment 256 is listed more than once"),
        (lambda e: e["segments_info"][1].pop("category_id"), "image 1: segment 1 has no `category_id`"),
        (lambda e: e.pop("segments_info"), "image 1 has no `segments_info`"),
        (lambda e: e.update(file_name="no.png"), "no.png: the file is missing"),
        (lambda e: e.update(image_id=2), "2 annotations of image 2; expected one"),
    ],
)
def test_broken_items_are_named(tmp_path: Path, changes: Callable[[dict], object], message: str) -> None:
    change_first(tree.make(tmp_path), changes)
    config = coco_panoptic.Config(data_dir=str(tmp_path))
    items = [item for item in coco_panoptic.items(config, "train") if coco_images.content(item).annotations]
    with pytest.raises(errors.DataError, match=message):
        for item in items:
            coco_panoptic.load(config, item)


def test_an_image_without_segments_listed_is_broken(tmp_path: Path) -> None:
    coco_tree.change(tree.make(tmp_path), lambda content: content["annotations"].pop(), TRAIN)
    with pytest.raises(errors.DataError, match="panoptic_train2017.json: 0 annotations of image 1; expected one"):
        loaded(tmp_path)


def test_maps_that_lead_out_of_their_folder_are_refused(tmp_path: Path) -> None:
    tree.make(tmp_path)
    change_first(tmp_path, lambda entry: entry.update(file_name="../../a.png"))
    with pytest.raises(errors.UserError, match=r"the file name `../../a.png` is refused"):
        loaded(tmp_path)


def test_the_published_zip_file_holds_zip_files(tmp_path: Path) -> None:
    tree.make(tmp_path)
    with zipfile.ZipFile(tmp_path / "panoptic_annotations_trainval2017.zip", "w") as archive:
        for path in sorted((tmp_path / "annotations").iterdir()):
            if path.is_file():
                archive.write(path, path.relative_to(tmp_path))
    shutil.rmtree(tmp_path / "annotations")
    with pytest.raises(errors.UserError, match="panoptic_train2017.zip is within a zip file itself: unpack the outer"):
        loaded(tmp_path)


def test_a_damaged_map_is_named(tmp_path: Path) -> None:
    tree.make(tmp_path)
    path = tmp_path / "annotations/panoptic_val2017/000000000101.png"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(errors.DataError, match="000000000101.png: truncated or corrupt"):
        loaded(tmp_path, "eval")
    path.write_bytes(image_files.encode_png(np.zeros((24, 32), np.uint8)))
    with pytest.raises(errors.DataError, match="000000000101.png: the image has mode L; expected RGB"):
        loaded(tmp_path, "eval")


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="no panoptic COCO JSON found; expected such as annotations/panoptic_"):
        loaded(tmp_path)
