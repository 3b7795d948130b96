"""Images of a COCO JSON: what an Item carries of it, and images that are not what the JSON says."""

import json
from pathlib import Path

import pytest
from PIL import Image

from seg_models import dataset, errors
from seg_models.datasets import coco
from tests.raw_trees import coco as tree


def listed(folder: Path) -> list[dataset.Item]:
    """The items of the train split."""
    return list(coco.items(coco.Config(data_dir=str(folder)), "train"))


def loaded(folder: Path) -> list[dataset.Example]:
    """The examples of the train split."""
    return [coco.load(coco.Config(data_dir=str(folder)), item) for item in listed(folder)]


def test_annotation_is_the_text_of_the_source(tmp_path: Path) -> None:
    tree.make(tmp_path)
    path = tmp_path / "annotations/instances_train2017.json"
    text = path.read_text().replace('"area": 20.25', '"area": 2.0250E1').replace('"area": 224', '"ärea": 224.50')
    path.write_text(text, encoding="utf-8")
    source = json.loads(text)
    for image, example in zip(source["images"], loaded(tmp_path)):
        found = json.loads(example.annotation)
        assert found["image"] == image
        expected = [entry for entry in source["annotations"] if entry["image_id"] == image["id"]]
        assert found["annotations"] == expected
        assert example.annotation.count(b"2.0250E1") == example.annotation.count("ärea".encode()) == bool(expected)


def test_annotations_of_an_image_that_is_not_listed(tmp_path: Path) -> None:
    tree.change(tree.make(tmp_path), lambda content: content["images"].pop(0))
    items = listed(tmp_path)
    assert [item.key for item in items] == ["000000000002", "000000000003", "image 1"]
    with pytest.raises(errors.DataError, match="train2017.json: there are annotations of image 1, which `images`"):
        coco.load(coco.Config(data_dir=str(tmp_path)), items[2])


def test_a_turned_image_is_explained(tmp_path: Path) -> None:
    tree.make(tmp_path)
    path = tmp_path / "train2017/000000000001.jpg"
    image = Image.open(path).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(path, exif=exif)
    with pytest.raises(errors.DataError, match="is 24x32, by .* 32x24. The image has the EXIF orientation 6"):
        loaded(tmp_path)
