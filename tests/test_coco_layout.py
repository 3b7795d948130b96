"""Where exporters put a COCO JSON and its images."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from seg_models import dataset, errors
from seg_models.datasets import coco_json
from seg_models.raw import coco_layout
from tests.raw_trees import coco


def export(folder: Path, name: str, *images: str, file_name: str = "") -> None:
    """Writes a JSON, and its images where the exporter puts them; `file_name` begins their names in the JSON."""
    rng = np.random.default_rng(0)
    names = [f"{file_name}{Path(image).name}" for image in images]
    for image in images:
        coco.save_image(folder / image, rng)
    square = [[1, 1, 9, 1, 9, 9, 1, 9]]
    content = {
        "images": [{"id": number, "file_name": name} for number, name in enumerate(names)],
        "annotations": [
            {"id": number, "image_id": number, "category_id": 1, "segmentation": square} for number in range(len(names))
        ],
        "categories": [{"id": 1, "name": "cell"}],
    }
    coco.write(folder / name, content)


def keys(config: coco_json.Config) -> dict[str, list[str]]:
    """The keys of each split, every item of which loads."""
    found = {}
    for split in coco_json.info(config).splits:
        items: list[dataset.Item] = list(coco_json.items(config, split))
        assert all(len(coco_json.load(config, item).objects) == 1 for item in items)
        found[split] = [item.key for item in items]
    return found


@pytest.mark.parametrize(
    "train, val, train_image, val_image",
    [
        ("annotations/instances_train.json", "annotations/instances_val.json", "train/a.jpg", "val/a.jpg"),
        ("annotations/instances_train2017.json", "instances_val2017.json", "train2017/a.png", "val2017/b.png"),
        ("instances_train.json", "instances_valid.json", "images/train/a.jpg", "images/valid/a.jpg"),
        ("annotations/train.json", "annotations/val.json", "images/a.jpg", "images/b.jpg"),
        ("train/_annotations.coco.json", "valid/_annotations.coco.json", "train/a.jpg", "valid/a.jpg"),
        ("train.json", "val.json", "a.jpg", "b.jpg"),
        ("train/annotations/instances.json", "val/annotations/instances.json", "train/images/a.jpg", "val/img/a.jpg"),
        ("train/labels.json", "validation/labels.json", "train/data/a.jpg", "validation/data/a.jpg"),
    ],
)
def test_split_exports(tmp_path: Path, train: str, val: str, train_image: str, val_image: str) -> None:
    export(tmp_path, train, train_image)
    export(tmp_path, val, val_image)
    found = keys(coco_json.Config(data_dir=str(tmp_path)))
    assert found == {"train": ["train/a"], "eval": [f"eval/{Path(val_image).stem}"]}


@pytest.mark.parametrize(
    "name, folder, file_name",
    [
        ("annotations/instances_default.json", "images/default/", ""),
        ("annotations/instances_default.json", "images/", ""),
        ("_annotations.coco.json", "", ""),
        ("annotations.json", "JPEGImages/", "JPEGImages/"),
        ("result.json", "images/", "images/"),
        ("labels.json", "data/", ""),
        ("annotations/instances.json", "images/", ""),
        ("annotations/any name.json", "img/", ""),
        ("my export.json", "pictures/", "pictures\\"),
    ],
)
def test_exports_that_are_not_split(tmp_path: Path, name: str, folder: str, file_name: str) -> None:
    export(tmp_path, name, *(f"{folder}{letter}.jpg" for letter in "abcdefgh"), file_name=file_name)
    config = coco_json.Config(data_dir=str(tmp_path), eval_fraction=0.25)
    found = keys(config)
    assert len(found["train"]) + len(found["eval"]) == 8 and found["eval"]
    assert not set(found["train"]) & set(found["eval"])
    assert coco_json.found(config).endswith("; eval: 25% of train")


def test_an_export_as_a_zip_file(tmp_path: Path) -> None:
    export(tmp_path / "raw", "train/_annotations.coco.json", "train/a.jpg")
    export(tmp_path / "raw", "valid/_annotations.coco.json", "valid/a.jpg")
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for path in (tmp_path / "raw").rglob("*.*"):
            archive.write(path, path.relative_to(tmp_path / "raw"))
    assert keys(coco_json.Config(data_dir=str(tmp_path / "export.zip"))) == {"train": ["train/a"], "eval": ["eval/a"]}


def test_test_and_train_without_eval(tmp_path: Path) -> None:
    export(tmp_path, "train/_annotations.coco.json", "train/a.jpg", "train/b.jpg")
    export(tmp_path, "test/_annotations.coco.json", "test/a.jpg")
    found = keys(coco_json.Config(data_dir=str(tmp_path)))
    assert sorted(found["train"] + found["eval"]) == ["train/a", "train/b"] and found["test"] == ["test/a"]


def test_settings_say_where(tmp_path: Path) -> None:
    export(tmp_path, "one/x.json", "one/pictures/a.jpg")
    export(tmp_path, "two/y.json", "elsewhere/b.jpg")
    config = coco_json.Config(str(tmp_path), "one/x.json", "one/pictures", "two/y.json", str(tmp_path / "elsewhere"))
    assert keys(config) == {"train": ["train/a"], "eval": ["eval/b"]}
    for wrong, message in (
        (coco_json.Config(str(tmp_path), "one/z.json"), "`annotations` is one/z.json: there is no .*one/z.json"),
        (coco_json.Config(str(tmp_path), "../z.json"), "`annotations` is ../z.json: there is no"),
        (coco_json.Config(str(tmp_path), "one/x.json", "three"), "`images` is three: there is no"),
        (coco_json.Config(str(tmp_path), "one/x.json"), "x.json: the images that it names, such as a.jpg, are not"),
        (coco_json.Config(str(tmp_path)), "no COCO JSON found; expected such as annotations/instances_train2017.json"),
    ):
        with pytest.raises(errors.UserError, match=message):
            list(coco_json.items(wrong, "train"))


def test_the_folder_with_most_of_the_images_counts(tmp_path: Path) -> None:
    export(tmp_path, "annotations/instances_train.json", "images/a.jpg", "images/b.jpg", "images/c.jpg")
    coco.save_image(tmp_path / "train/a.jpg", np.random.default_rng(0))
    (tmp_path / "images/c.jpg").unlink()
    config = coco_json.Config(data_dir=str(tmp_path))
    found = coco_layout.images(config, "coco_json", "train", tmp_path / "annotations/instances_train.json")
    assert found == tmp_path / "images"
