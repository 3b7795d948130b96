"""The user's own COCO JSON: objects with masks, as CVAT, Roboflow, Supervisely, labelme and others export them.

    annotations/instances_{train,val}*.json    with train/ and val/, images/train/ and images/val/, or images/
    {train,valid,test}/_annotations.coco.json  with the images beside it
    annotations/instances_default.json         with images/: not split; or any other, by the settings

An image is found by its `file_name` in the first of these folders that has such files. `data_dir` may be a zip file.
"""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

from seg_models import dataset, raw_files, registry
from seg_models.raw import coco_categories, coco_images, coco_layout, coco_objects, hold_out

NAME = "coco_json"


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and how it is split.

    Attributes:
      data_dir: the folder with the JSON files and the images, or a zip file of it.
      annotations: the JSON, in data_dir; needed only where it is not found by itself.
      images: the folder of its images, in data_dir; needed only where it is not found by itself.
      eval_annotations, eval_images: of the eval split, where it has a JSON of its own and `annotations` is given.
      eval_fraction: of the images of a JSON that is not split; which ones depends on their names alone.
    """

    data_dir: str = ""
    annotations: str = ""
    images: str = ""
    eval_annotations: str = ""
    eval_images: str = ""
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


def info(config: Config) -> dataset.DatasetInfo:
    """The categories of the JSON in the order of their ids, every one a thing."""
    files = _files(config)
    table = _categories(files).table
    categories = tuple(dataclasses.replace(category, is_thing=True) for category in table.categories)
    splits = ("train", "eval", "test") if "test" in files else ("train", "eval")
    return dataset.DatasetInfo(NAME, categories, table.raw_values, splits, tasks=("instance",))


def found(config: Config) -> str:
    """The JSON and the folder of images of each split."""
    return coco_layout.told(config, NAME, _files(config))


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split; where there are several JSON files the split is part of the key."""
    registry.check(f"the splits of {NAME}", split, coco_layout.SPLITS)
    files = _files(config)
    names = _categories(files).names

    def listed(part: str, path: Path) -> list[dataset.Item]:
        images, prefix = coco_layout.images(config, NAME, part, path), f"{part}/" if len(files) > 1 else ""
        return coco_images.items(coco_images.Source(path, images, names, prefix, labelled=part != "test"))

    return coco_layout.split_items(config, split, files, listed)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image, and decodes its masks."""
    content = coco_images.content(item)
    example = coco_images.load_image(item, content)
    if content is None or content.annotations is None:
        return example
    json_path = item.path("annotations")
    train_ids = _train_ids(config, raw_files.stamp(json_path))
    instance, objects, findings = coco_objects.read(content, train_ids, example.height, example.width, json_path)
    return dataclasses.replace(example, instance=instance, objects=objects, findings=findings)


@functools.lru_cache(maxsize=8)
def _train_ids(config: Config, stamp: tuple[int, int]) -> dict[int, int]:
    """Category id -> train id; to look for the files again for every image would take longer than to read the image."""
    return dict(info(config).raw_values)


def _files(config: Config) -> dict[str, Path]:
    return coco_layout.files(config, NAME, "instances")


def _categories(files: dict[str, Path]) -> coco_categories.Categories:
    """Of the smallest JSON; `items` makes sure that the others have no others."""
    return coco_categories.read(coco_categories.smallest(list(files.values())))
