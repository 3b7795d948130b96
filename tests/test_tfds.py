"""What is read of prepared data sets is, value by value, what TensorFlow Datasets reads of the same files."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

from seg_models import dataset, errors, image_files, listing, records
from seg_models.datasets import coco_panoptic
from seg_models.datasets import tfds as prepared_sets
from tests import prepared_by_tfds as made

@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records under the features of four builders of TensorFlow Datasets."""
    folder = tmp_path_factory.mktemp("tensorflow_datasets")
    made.prepare(folder, "cityscapes/semantic_segmentation", made.many(made.cityscapes, train=2, validation=1, test=1))
    made.prepare(folder, "scene_parse150", made.many(made.scene_parse150, train=3, test=2))
    made.prepare(folder, "oxford_iiit_pet", made.many(made.oxford_iiit_pet, train=6, test=2))
    names = {"panoptic_objects/label": made.coco_names()}
    made.prepare(folder, "coco/2017_panoptic", made.many(made.coco, train=3, validation=2), names)
    return folder


def theirs(builder: str, split: str, folder: Path) -> dict[str, dict[str, object]]:
    """What TensorFlow Datasets reads, by tfds_id: decoded, and under "bytes" the encoded images."""
    read = tfds.ReadConfig(add_tfds_id=True)
    found = tfds.builder(builder, data_dir=folder)
    images = [name for name, feature in found.info.features.items() if isinstance(feature, tfds.features.Image)]
    encoded = found.as_dataset(split, read_config=read, decoders=dict.fromkeys(images, tfds.decode.SkipDecoding()))
    decoded = found.as_dataset(split, read_config=read)
    return {
        one["tfds_id"].decode(): {**one, "bytes": {name: other[name] for name in images}}
        for one, other in zip(tfds.as_numpy(decoded), tfds.as_numpy(encoded))
    }


def both(builder: str, ours: str, split: str, folder: Path) -> Iterator[tuple[dataset.Example, dict[str, object]]]:
    """(our Example, their example) of every record of a split, read back from a record of ours."""
    config = prepared_sets.Config(data_dir=str(folder), builder=builder)
    expected = theirs(builder, split, folder)
    items = list(prepared_sets.items(config, ours))
    assert [item.key for item in items] == sorted(expected)
    for item in items:
        yield records.decode(records.encode(prepared_sets.load(config, item))), expected[item.key]


@pytest.mark.parametrize(("ours", "split"), [("train", "train"), ("eval", "validation")])
def test_cityscapes(data_dir: Path, ours: str, split: str) -> None:
    for example, expected in both("cityscapes/semantic_segmentation", ours, split, data_dir):
        assert example.image_bytes == expected["bytes"]["image_left"]
        np.testing.assert_array_equal(image_files.decode_rgb(example.image_bytes), expected["image_left"])
        np.testing.assert_array_equal(example.raw, expected["segmentation_label"][..., 0])
        # By the official table: road is 7, car 26, and everything below 7 is void.
        np.testing.assert_array_equal(example.semantic == 0, expected["segmentation_label"][..., 0] == 7)
        np.testing.assert_array_equal(example.semantic == 13, expected["segmentation_label"][..., 0] == 26)
        np.testing.assert_array_equal(example.semantic == dataset.VOID, expected["segmentation_label"][..., 0] < 7)
        assert json.loads(example.annotation) == {"image_id": expected["image_id"].decode()}


def test_the_blank_labels_of_the_cityscapes_test_split_are_not_taken(data_dir: Path) -> None:
    ((example, _),) = both("cityscapes/semantic_segmentation", "test", "test", data_dir)
    assert example.semantic is None


def test_scene_parse150_holds_a_hundred_things_and_their_instances(data_dir: Path) -> None:
    for example, expected in both("scene_parse150", "eval", "test", data_dir):
        assert example.image_bytes == expected["bytes"]["image"]
        np.testing.assert_array_equal(example.raw, expected["annotation"][..., 0])
        np.testing.assert_array_equal(example.instance, expected["annotation"][..., 1])
        for thing in example.objects:
            assert set(expected["annotation"][..., 0][example.instance == thing.instance]) == {thing.category + 1}
    info = prepared_sets.info(prepared_sets.Config(data_dir=str(data_dir), builder="scene_parse150"))
    # The published list of the instance task: 1 is bed, 100 is flag.
    assert info.num_categories == 100 and info.names[0].startswith("bed") and info.names[99].startswith("flag")


def test_oxford_iiit_pet(data_dir: Path) -> None:
    found = theirs("oxford_iiit_pet", "train", data_dir)
    config = prepared_sets.Config(data_dir=str(data_dir), builder="oxford_iiit_pet")
    items = [item for split in ("train", "eval") for item in prepared_sets.items(config, split)]
    assert sorted(item.key for item in items) == sorted(found), "eval is held out of train, as in our own data set"
    names = tfds.builder("oxford_iiit_pet", data_dir=data_dir).info.features
    for item in items:
        example, expected = prepared_sets.load(config, item), found[item.key]
        assert example.image_bytes == expected["bytes"]["image"]
        np.testing.assert_array_equal(example.raw, expected["segmentation_mask"][..., 0])
        told = json.loads(example.annotation)
        assert told["file_name"] == expected["file_name"].decode()
        assert told["label"] == names["label"].int2str(expected["label"])
        assert told["species"] == names["species"].int2str(expected["species"])
        np.testing.assert_array_equal(np.float32(told["head_bbox"]), expected["head_bbox"])


def test_coco_panoptic(data_dir: Path) -> None:
    names = tfds.builder("coco/2017_panoptic", data_dir=data_dir).info.features["panoptic_objects"]["label"].names
    info = prepared_sets.info(prepared_sets.Config(data_dir=str(data_dir), builder="coco/2017_panoptic"))
    for example, expected in both("coco/2017_panoptic", "train", "train", data_dir):
        assert example.image_bytes == expected["bytes"]["image"]
        ids = expected["panoptic_image"].astype(np.int64) @ [1, 256, 65536]
        listed = expected["panoptic_objects"]
        things = {thing.source_id: thing for thing in example.objects}
        for identity, label, is_crowd in zip(listed["id"], listed["label"], listed["is_crowd"]):
            mask = ids == identity
            category = info.names.index(names[label])
            np.testing.assert_array_equal(np.unique(example.semantic[mask]), [category])
            # The raw values are COCO's own category ids, as when COCO is converted from its own files.
            assert dict(coco_panoptic.PUBLISHED.raw_values)[np.unique(example.raw[mask]).item()] == category
            assert (identity in things) == info.categories[category].is_thing
            if identity in things:
                np.testing.assert_array_equal(example.instance == things[identity].instance, mask)
                assert things[identity].is_crowd == is_crowd
        np.testing.assert_array_equal(example.semantic == dataset.VOID, ids == 0)
        assert [finding.kind for finding in example.findings] == ["area", "box"]


def test_voc_as_it_is_prepared_has_no_masks(tmp_path: Path) -> None:
    lists = {"objects": [], "labels": ["cat", "dog"], "labels_no_difficult": ["cat"]}
    one = {"image": made.jpeg(made.picture(1)), "image/filename": "1.jpg", **lists}
    made.prepare(tmp_path, "voc/2012", {"train": {"1": one}})
    with pytest.raises(errors.UserError, match="leaves out its segmentation masks"):
        prepared_sets.info(prepared_sets.Config(data_dir=str(tmp_path), builder="voc/2012"))


def test_the_same_bytes_in_an_array_record(tmp_path: Path) -> None:
    for form in ("tfrecord", "array_record"):
        examples = made.many(made.oxford_iiit_pet, train=3, test=2)
        made.prepare(tmp_path / form, "oxford_iiit_pet", examples, file_format=form)
    read = []
    for form in ("tfrecord", "array_record"):
        config = prepared_sets.Config(data_dir=str(tmp_path / form), builder="oxford_iiit_pet")
        read.append([prepared_sets.load(config, item) for item in prepared_sets.items(config, "test")])
    assert [example.image_bytes for example in read[0]] == [example.image_bytes for example in read[1]]
    assert "array_record" in read[1][0].key


def test_a_builder_of_ones_own_is_guessed_and_said(tmp_path: Path) -> None:
    features = tfds.features.FeaturesDict(
        {
            "picture": tfds.features.Image(shape=(None, None, 3), encoding_format="png"),
            "depth": tfds.features.Image(shape=(None, None, 1), dtype=np.uint16),
            "classes": tfds.features.LabeledImage(labels=["other", "road", "car"], shape=(None, None, 1)),
            "note": tfds.features.Text(),
            "walks": tfds.features.Sequence(tfds.features.Sequence(tfds.features.ClassLabel(names=["up", "down"]))),
        }
    )
    examples = made.many(made.own, train=4)
    builder = made.from_features(tmp_path, "mine", features, examples)
    config = prepared_sets.Config(data_dir=str(tmp_path), builder="mine", void=(0,))
    info = prepared_sets.info(config)
    assert info.names == ("road", "car") and dict(info.raw_values) == {0: None, 1: 0, 2: 1}
    assert "image = `picture`, semantic = `classes`" in prepared_sets.found(config)
    listed = listing.items(config)
    assert {split: len(several) for split, several in listed.items()} == {"train": 3, "eval": 1}
    expected = {one["note"].decode(): one for one in tfds.as_numpy(builder.as_dataset("train"))}
    for entry in listed["train"] + listed["eval"]:
        example = prepared_sets.load(config, entry.item)
        one = expected[json.loads(example.annotation)["note"]]
        np.testing.assert_array_equal(example.raw, one["classes"][..., 0])
        np.testing.assert_array_equal(example.maps["depth"], one["depth"][..., 0])
        flat = [["up", "down"][label] for label in one["walks"].flat_values.numpy()]
        assert json.loads(example.annotation)["walks/ragged_flat_values"] == flat


def test_masks_that_overlap_in_a_list(tmp_path: Path) -> None:
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(encoding_format="png"),
            "objects": tfds.features.Sequence(
                {
                    "label": tfds.features.ClassLabel(names=["cell", "dirt"]),
                    "mask": tfds.features.Image(shape=(None, None, 1), encoding_format="png"),
                }
            ),
        }
    )
    masks = np.zeros((3, *made.SIZE, 1), np.uint8)
    masks[0, :8], masks[1, 4:12, 4:12], masks[2, 5:7, 5:7] = 1, 1, 1
    objects = {"label": [0, 1, 0], "mask": list(masks)}
    picture = np.zeros((*made.SIZE, 3), np.uint8)
    builder = made.from_features(tmp_path, "cells", features, {"train": {"a": {"image": picture, "objects": objects}}})
    (expected,) = tfds.as_numpy(builder.as_dataset("train"))
    config = prepared_sets.Config(data_dir=str(tmp_path), builder="cells", segments="objects")
    (item,) = prepared_sets.items(config, "train")
    example = records.decode(records.encode(prepared_sets.load(config, item)))
    assert [thing.category for thing in example.objects] == expected["objects"]["label"].tolist()
    for thing, mask in zip(example.objects, expected["objects"]["mask"]):
        seen = example.instance == thing.instance if thing.mask is None else thing.mask
        np.testing.assert_array_equal(seen, mask[..., 0] > 0)
    assert example.semantic[6, 6] == 0 and example.semantic[9, 9] == 1 and example.semantic[15, 0] == dataset.VOID


def test_real_segments_under_names_that_the_user_gives(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "coco_stuff_panoptic"
    truth = json.loads(next(folder.rglob("*.json")).read_text())
    images = {image["id"]: shared_data / "coco_stuff" / "train_img" / image["file_name"] for image in truth["images"]}
    maps = {one["image_id"]: next(folder.rglob(one["file_name"])) for one in truth["annotations"]}
    places = {category["id"]: place for place, category in enumerate(truth["categories"])}
    label = tfds.features.ClassLabel(names=[category["name"] for category in truth["categories"]])
    segment = {"id": np.int64, "area": np.int64, "label": label, "is_crowd": np.bool_}
    features = tfds.features.FeaturesDict(
        {
            "number": np.int64,
            "photo": tfds.features.Image(encoding_format="jpeg"),
            "segments": {"map": tfds.features.Image(encoding_format="png"), "info": tfds.features.Sequence(segment)},
        }
    )
    examples = {}
    for one in truth["annotations"]:
        told = [
            {
                "id": each["id"],
                "area": each["area"],
                "label": places[each["category_id"]],
                "is_crowd": bool(each["iscrowd"]),
            }
            for each in one["segments_info"]
        ]
        number = one["image_id"]
        whole = {"map": str(maps[number]), "info": told}
        examples[str(number)] = {"number": number, "photo": str(images[number]), "segments": whole}
    made.from_features(tmp_path, "real", features, {"train": examples})
    config = prepared_sets.Config(
        data_dir=str(tmp_path), builder="real", image="photo", instance="segments/map", segments="segments/info"
    )
    items = [item for split in ("train", "eval") for item in prepared_sets.items(config, split)]
    numbers = set()
    for item in items:
        example = records.decode(records.encode(prepared_sets.load(config, item)))
        number = json.loads(example.annotation)["number"]
        numbers.add(number)
        assert example.image_bytes == images[number].read_bytes() and not example.findings
        ids = image_files.read_segment_ids(maps[number])
        expected = np.full(ids.shape, dataset.VOID)
        for one in next(one for one in truth["annotations"] if one["image_id"] == number)["segments_info"]:
            expected[ids == one["id"]] = places[one["category_id"]]
        np.testing.assert_array_equal(example.semantic, expected)
    assert numbers == set(images) and len(images) == 13
