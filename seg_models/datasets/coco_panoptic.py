"""COCO panoptic: 80 kinds of things and 53 of stuff, a segment id for every pixel; or a set of the user's own like it.

    annotations/panoptic_{train,val}2017.json      or in panoptic_annotations_trainval2017.zip, unpacked once
    annotations/panoptic_{train,val}2017/          the maps, or the zip file of that name beside the JSON
    train2017/, val2017/, test2017/                or in train2017.zip...; images/train2017/ will do, too

Of its own JSON, such as annotations/panoptic_train.json, a set has its own categories, with their `color` if they have.
"""

import dataclasses
import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, raw_files, registry
from seg_models.raw import category_table, coco_categories, coco_images, coco_layout, hold_out, panoptic_segments

YEAR = 2017
TABLE = category_table.read("coco_panoptic")
PUBLISHED = dataset.DatasetInfo(
    name="coco_panoptic",
    categories=TABLE.categories,
    raw_values=TABLE.raw_values,
    splits=("train", "eval", "test"),
    expected_counts=(("train", 118287), ("eval", 5000), ("test", 40670)),
    licence="annotations: CC BY 4.0; images: of Flickr users, each under its own licence, Flickr's terms of use",
    citation="Kirillov et al.: Panoptic segmentation, CVPR 2019; Lin et al.: Microsoft COCO, ECCV 2014; Caesar et al.: "
    "COCO-Stuff, CVPR 2018",
    url="https://cocodataset.org/#download",
    tasks=("semantic", "instance", "panoptic"),
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and how it is split.

    Attributes:
      data_dir: the folder with annotations and images.
      annotations: the JSON, in data_dir; needed only where it is not found by itself. Its maps lie beside it, in the
        folder or zip file of its name.
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
    """The published one, or where the JSON has categories of its own, these; without data the published one."""
    if not config.data_dir:
        return PUBLISHED
    table = _categories(_files(config)).table
    if table.categories == TABLE.categories:
        return PUBLISHED
    # Void has the raw value 0, as in the maps, unless that is a category.
    ids = [raw for raw, _ in table.raw_values]
    raw_values = (*table.raw_values, (max(ids) + 1 if 0 in ids else 0, None))
    return dataset.DatasetInfo(PUBLISHED.name, table.categories, raw_values, tasks=PUBLISHED.tasks)


def found(config: Config) -> str:
    """The JSON and the folder of images of each split, and whose categories they are."""
    described = info(config)
    owner = "the published" if described == PUBLISHED else "own"
    places = coco_layout.told(config, PUBLISHED.name, _files(config))
    return f"{owner} {described.num_categories} categories; {places}"


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split; in a set with its own categories and several JSON files the split is part of the key."""
    registry.check("the splits of coco_panoptic", split, PUBLISHED.splits)
    files = _files(config)
    names = _categories(files).names
    is_own = info(config) != PUBLISHED
    if split == "test" and not is_own:
        root = raw_files.root(config.data_dir, PUBLISHED.name)
        return coco_images.test_items(*coco_layout.published_test(root, YEAR), names)

    def listed(part: str, path: Path) -> list[dataset.Item]:
        images, prefix = coco_layout.images(config, PUBLISHED.name, part, path), f"{part}/" if is_own else ""
        return coco_images.items(coco_images.Source(path, images, names, prefix, _maps(path)))

    return coco_layout.split_items(config, split, files, listed)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image, and its map by the segments that the JSON lists."""
    content = coco_images.content(item)
    example = coco_images.load_image(item, content)
    if content is None or content.annotations is None:
        return example
    if len(content.annotations) != 1:
        several = f"{len(content.annotations)} annotations of image {content.image['id']}; expected one"
        raise errors.DataError(f"{item.path('annotations')}: {several}.")
    described = _info(config, item)
    source = _source(item, content.annotations[0], described)._replace(shared=content.repeated)
    return panoptic_segments.annotated(example, source, described)


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The map of segment ids, from categories and objects."""
    if example.raw is not None:
        described = _info(config, item)
        source = _source(item, json.loads(example.annotation)["annotations"][0], described)
        yield source.path, panoptic_segments.restored(example, source, described)


def _source(item: dataset.Item, entry: object, described: dataset.DatasetInfo) -> panoptic_segments.Source:
    """The map of an image; raw values are the ids of the categories."""
    ids = {raw: raw for raw, train_id in described.raw_values if train_id is not None}
    paths = (item.path(role) for role in ("segments", "annotations", "image"))
    return panoptic_segments.Source(*paths, entry, ids)


def _info(config: Config, item: dataset.Item) -> dataset.DatasetInfo:
    return _info_at(config, raw_files.stamp(item.path("annotations")))


@functools.lru_cache(maxsize=8)
def _info_at(config: Config, stamp: tuple[int, int]) -> dataset.DatasetInfo:
    """To look for the files again for every image would take longer than to read the image."""
    return info(config)


def _files(config: Config) -> dict[str, Path]:
    return coco_layout.files(config, PUBLISHED.name, "panoptic")


def _categories(files: Mapping[str, Path]) -> coco_categories.Categories:
    """Of the smallest JSON; `items` makes sure that the others have no others."""
    return coco_categories.read(coco_categories.smallest(list(files.values())), PUBLISHED.name)


def _maps(path: Path) -> Path:
    """The folder of the maps that a JSON names: beside it, of its name, perhaps zipped."""
    folder = raw_files.place(path.parent, path.stem)
    if folder and raw_files.is_folder(folder):
        return folder
    fix = "unpack the maps there"
    if raw_files.exists(path.with_suffix(".zip")):
        fix = f"{path.stem}.zip is within a zip file itself: unpack the outer one"
    raise errors.UserError(f"{path}: its maps are missing: expected the folder or zip {path.stem} beside it; {fix}.")
