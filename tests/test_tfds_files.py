"""Prepared data sets that are not there, broken, or not what was named: each mistake is a sentence. No TensorFlow."""

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from pipeline import cli
from seg_models import errors, example_message, image_files, manifest
from seg_models.datasets import tfds
from tests.raw_trees import tfds as tree

PICTURE = image_files.encode_png(np.zeros((4, 6, 3), np.uint8))
CLASSES = np.array([[0, 1, 2, 1, 0, 2]] * 4, np.uint8)


BOTH = {"instance": "mask", "segments": "objects"}


def small(folder: Path, **changed: object) -> tfds.Config:
    """A set of one record, with an image, a map of three classes and a list of two objects; features replaced."""
    named = {
        "image": tree.image(3),
        "mask": tree.image(1, num_classes=3),
        "objects": {
            "sequence": {
                "feature": tree.dictionary({"id": {"tensor": {}}, "label": {"classLabel": {"numClasses": "3"}}})
            }
        },
    }
    values = {
        "image": PICTURE,
        "mask": image_files.encode_png(CLASSES),
        "objects/id": [1, 2],
        "objects/label": [1, 2],
    }
    named |= {name: value for name, value in changed.items() if isinstance(value, dict)}
    told = {name.replace("objects_", "objects/"): value for name, value in changed.items()}
    values |= {name: value for name, value in told.items() if not isinstance(value, dict)}
    record = example_message.serialised(values)
    names = {"mask": ["a", "b", "c"], "objects-label": ["a", "b", "c"]}
    tree.write(folder, {"name": "small", "version": "1.0.0"}, tree.dictionary(named), {"train": [[record]]}, names)
    return tfds.Config(data_dir=str(folder), builder="small")


def first(config: tfds.Config) -> object:
    """The first Example."""
    return tfds.load(config, next(tfds.items(config, "train")))


def test_what_is_not_prepared_says_how_to(tmp_path: Path) -> None:
    tree.make(tmp_path)
    with pytest.raises(errors.UserError) as caught:
        tfds.info(tfds.Config(data_dir=str(tmp_path), builder="cocoa"))
    for part in ("`data_dir`", f"tfds build cocoa --data_dir {tmp_path}", "download_and_prepare()", "mean `coco`"):
        assert part in str(caught.value)
    with pytest.raises(errors.UserError, match=r"Prepared of it: version 1\.1\.0"):
        tfds.info(tfds.Config(data_dir=str(tmp_path), builder="coco/2017_panoptic:2.0.0"))
    with pytest.raises(errors.UserError, match="Prepared of it: 2017_panoptic"):
        tfds.info(tfds.Config(data_dir=str(tmp_path), builder="coco/2014"))
    with pytest.raises(errors.UserError, match="`coco panoptic` names no builder"):
        tfds.info(tfds.Config(data_dir=str(tmp_path), builder="coco panoptic"))


@pytest.mark.parametrize(
    ("builder", "version"),
    [("small", "1.10.0"), ("small:1.2.0", "1.2.0"), ("small:1.*.*", "1.10.0"), ("small:0.*.*", "0.9.0")],
)
def test_the_newest_version_is_taken_or_the_one_that_is_told(tmp_path: Path, builder: str, version: str) -> None:
    for each in ("0.9.0", "1.2.0", "1.10.0"):
        tree.write(
            tmp_path,
            {"name": "small", "version": each},
            tree.dictionary({"image": tree.image(3), "mask": tree.image(1, 3)}),
            {"train": [[b"x"]]},
        )
    found = tfds.found(tfds.Config(data_dir=str(tmp_path), builder=builder))
    assert found.startswith(f"small {version} in {tmp_path}")


def test_one_config_is_taken_and_of_several_the_default(tmp_path: Path) -> None:
    tree.make(tmp_path)
    assert tfds.info(tfds.Config(data_dir=str(tmp_path), builder="coco")).name == "tfds:coco/2017_panoptic"
    tree.write(tmp_path, {"name": "coco", "configName": "mine", "version": "1.0.0"}, tree.features(133), {"train": []})
    with pytest.raises(errors.UserError, match="say which: tfds:coco/2017_panoptic, tfds:coco/mine"):
        tfds.info(tfds.Config(data_dir=str(tmp_path), builder="coco"))
    metadata = tmp_path / "coco" / ".config" / "metadata.json"
    metadata.parent.mkdir()
    metadata.write_text('{"default_config_name": "2017_panoptic"}')
    assert tfds.info(tfds.Config(data_dir=str(tmp_path), builder="coco")).name == "tfds:coco/2017_panoptic"


def test_the_folder_of_one_data_set_will_do(tmp_path: Path) -> None:
    folder = tree.make(tmp_path) / "coco" / "2017_panoptic" / "1.1.0"
    assert tfds.info(tfds.Config(data_dir=str(folder))).num_categories == 133
    with pytest.raises(errors.UserError, match="`data_dir` the folder they all are in: --data_dir"):
        tfds.info(tfds.Config(data_dir=str(tmp_path)))


def test_a_broken_record_breaks_no_other(tmp_path: Path) -> None:
    config = tfds.Config(data_dir=str(tree.make(tmp_path)), builder="coco/2017_panoptic")
    items = list(tfds.items(config, "train"))
    path = Path(items[2].path("record"))
    assert [item.path("record") for item in items[2:]] == [str(path)] * 3
    content = bytearray(path.read_bytes())
    content[int(items[3].annotation) + 100] ^= 1
    path.write_bytes(content[:-7])
    assert list(tfds.items(config, "train")) == items, "what a file lacks is listed too, so that it is counted"
    assert tfds.load(config, items[2]).semantic is not None
    for item in items[3:]:
        where = f"{re.escape(str(path))}: the record at byte {int(item.annotation)} is truncated or corrupt"
        with pytest.raises(errors.DataError, match=where):
            tfds.load(config, item)
    path.write_bytes(content[:20])
    assert [item.key for item in tfds.items(config, "train")] == [item.key for item in items]


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    config = tfds.Config(data_dir=str(tree.make(tmp_path)), builder="coco/2017_panoptic")
    path = Path(next(tfds.items(config, "eval")).path("record"))
    path.unlink()
    with pytest.raises(errors.UserError, match=f"{re.escape(str(path))}: the file is missing"):
        list(tfds.items(config, "eval"))


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"fileFormat": "parquet"}, "the file format is parquet; tfrecord and array_record can be read"),
        ({"splits": [{"shardLengths": ["1"]}]}, "is not as TensorFlow Datasets 4.3 and later write them"),
        ({"splits": [{"name": "x", "shardLengths": ["1"], "filepathTemplate": "../{SPLIT}"}]}, r"`\.\./x` is refused"),
    ],
)
def test_metadata_that_cannot_be_read(tmp_path: Path, about: Mapping[str, object], message: str) -> None:
    config = small(tmp_path)
    path = tmp_path / "small" / "1.0.0" / "dataset_info.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | about))
    with pytest.raises(errors.UserError, match=message):
        first(config)


def test_voc_has_no_masks_and_says_so(tmp_path: Path) -> None:
    objects = {"sequence": {"feature": tree.dictionary({"label": {"classLabel": {"numClasses": "20"}}})}}
    named = tree.dictionary({"image": tree.image(3), "objects": objects})
    tree.write(tmp_path, {"name": "voc", "configName": "2012", "version": "5.0.0"}, named, {"train": [[b"x"]]})
    with pytest.raises(errors.UserError, match="leaves out its segmentation masks.*segline convert voc") as caught:
        tfds.info(tfds.Config(data_dir=str(tmp_path), builder="voc/2012"))
    assert "Its features: image, objects/label" in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "features", "message"),
    [
        ({"semantic": "maks"}, {}, "`semantic`: No `maks` among the features of small. Did you mean `mask`"),
        ({"semantic": "objects/id"}, {}, "`objects/id` of small is a list of tensor; expected one image"),
        ({"semantic": "image:3"}, {}, "`image` of small has 3 channels, from 0; `3` is none"),
        ({"semantic": "image:red"}, {}, "expected FEATURE or FEATURE:CHANNEL"),
        ({"segments": "things"}, {}, "`segments`: No `things/label` among"),
        ({}, {"map": tree.image(1, num_classes=2)}, "has 2 maps of one channel, mask, map; name the feature"),
        ({"semantic": "mask"}, {"mask": tree.image(1, dtype="float32")}, "`mask` of small is image float32; expected"),
        ({}, {"image": tree.image(1), "one": tree.image(3), "two": tree.image(3)}, "has 2 colour images, one, two; "),
        ({"splits": (("train", "training"),)}, {}, "`splits`: No `training` among the splits of small"),
    ],
)
def test_features_that_are_not_there(
    tmp_path: Path, fields: Mapping[str, str], features: Mapping[str, object], message: str
) -> None:
    with pytest.raises(errors.UserError, match=message):
        tfds.info(dataclasses.replace(small(tmp_path, **features), **fields))


@pytest.mark.parametrize(
    ("fields", "values", "message"),
    [
        ({}, {"image": b""}, "__0 `image`: the record holds no such image"),
        ({}, {"image": PICTURE[:-3]}, "__0 `image`: truncated or corrupt"),
        ({}, {"mask": image_files.encode_png(CLASSES[:2])}, "__0 `mask`: the map is 6x2, the image 6x4"),
        ({}, {"mask": image_files.encode_png(CLASSES + 7)}, "__0 `mask`: raw value 7 on 8 pixels is not listed"),
        (BOTH, {"objects_id": [1, 1]}, "`objects`: the id 1 is there twice"),
        (BOTH, {"objects_id": [1, 3]}, "the id 2, on 8 pixels, is not in `objects`"),
        (BOTH, {"objects_id": [1]}, "its fields have different lengths"),
        (BOTH, {"objects_label": [1, 9]}, "the label 9 of id 2 is none of 0..2"),
        ({"segments": "objects"}, {}, "an entry has no mask"),
    ],
)
def test_records_that_break_the_contract(
    tmp_path: Path, fields: Mapping[str, str], values: Mapping[str, object], message: str
) -> None:
    with pytest.raises(errors.DataError, match=message):
        first(dataclasses.replace(small(tmp_path, **values), **fields))


def test_values_without_names_need_a_class_file(tmp_path: Path) -> None:
    config = small(tmp_path, mask=tree.image(1))
    (tmp_path / "small" / "1.0.0" / "mask.labels.txt").unlink()
    with pytest.raises(errors.UserError, match="does not say what its values mean. Write a class file"):
        tfds.info(config)
    path = tmp_path / "classes.yaml"
    path.write_text("classes: [{name: road, id: [0, 1]}, {name: car, id: 2}]\n")
    example = first(dataclasses.replace(config, classes=str(path)))
    np.testing.assert_array_equal(example.semantic, CLASSES == 2)
    np.testing.assert_array_equal(example.raw, CLASSES)


def test_one_channel_of_a_map(tmp_path: Path) -> None:
    colours = np.stack([CLASSES, CLASSES // 2 * 40, CLASSES * 0 + 9], -1)
    both = {"map": tree.image(3)}
    config = small(tmp_path, **both, mask=image_files.encode_png(CLASSES))
    path = tmp_path / "small" / "1.0.0" / "small-train.tfrecord-00000-of-00001"
    record = example_message.serialised({"image": PICTURE, "map": image_files.encode_png(colours)})
    with open(path, "wb") as file:
        tree.records.write(file, record)
    (tmp_path / "classes.yaml").write_text("classes: [a, b, c]\nthings: [c]\n")
    config = dataclasses.replace(
        config, semantic="map:0", instance="map:1", classes=str(tmp_path / "classes.yaml"), image="image"
    )
    example = first(config)
    np.testing.assert_array_equal(example.raw, CLASSES)
    np.testing.assert_array_equal(example.instance, np.where(CLASSES == 2, 40, 0))
    assert [(thing.category, thing.instance) for thing in example.objects] == [(2, 40)]


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree.make(tmp_path / "raw")
    command = ["convert", "tfds:coco/2017_panoptic", "--data_dir", str(tmp_path / "raw")]
    assert cli.main([*command, "--output_dir", str(tmp_path / "out"), "--splits", "train=train,eval=validation"]) == 0
    written = manifest.read(tmp_path / "out")
    assert written.info.name == "tfds:coco/2017_panoptic"
    assert {split: found.records for split, found in written.splits.items()} == {"train": 5, "eval": 2}
    assert cli.main(["convert", "tfds:coco/2014", *command[2:], "--output_dir", str(tmp_path / "other")]) == 1
    assert "tfds build coco/2014" in capsys.readouterr().err
