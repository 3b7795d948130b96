"""Cityscapes: street scenes of 50 cities, 2048x1024, fine and coarse annotations.

    data_dir/leftImg8bit/{train,val,test,train_extra}/CITY/CITY_*_leftImg8bit.png
    data_dir/gtFine/{train,val,test}/CITY/CITY_*_gtFine_{labelIds,instanceIds}.png, ..._gtFine_polygons.json
    data_dir/gtCoarse/{train,val,train_extra}/CITY/CITY_*_gtCoarse_...                          likewise

or the zip files as downloaded. The maps are read; where they were left out, the polygons are painted as the official
scripts paint them. A region of a countable class in which nobody told instances apart ("cargroup") is a crowd.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, raw_files, registry
from seg_models.raw import cityscapes_labels, instance_values, pairing

FOLDERS = {"train": "train", "eval": "val", "test": "test", "train_extra": "train_extra"}
SPLITS = {"fine": ("train", "eval", "test"), "coarse": ("train", "eval", "train_extra")}
COUNTS = {"train": 2975, "eval": 500, "test": 1525, "train_extra": 19998}
IMAGES, TRUTHS = "leftImg8bit", {"fine": "gtFine", "coarse": "gtCoarse"}
IMAGE_ENDING = "_leftImg8bit.png"
# What a tree may be read by, best first -> role in an item.
LABELS, INSTANCES, POLYGONS, TRAIN_IDS = "_labelIds.png", "_instanceIds.png", "_polygons.json", "_labelTrainIds.png"
ROLES = {LABELS: "mask", INSTANCES: "instance", POLYGONS: "polygons", TRAIN_IDS: "mask"}
FOUND = {
    LABELS: "labelIds",
    INSTANCES: "instanceIds without labelIds",
    POLYGONS: "polygons alone, painted here",
    TRAIN_IDS: "labelTrainIds alone, which know no instances",
    "": "no annotation",
}
URL = "https://www.cityscapes-dataset.com"


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and what of it is meant.

    Attributes:
      data_dir: the folder with leftImg8bit and gtFine or gtCoarse, or with their zip files.
      annotation: "fine", or "coarse", which has a split train_extra and no test.
      classes: "19", those of the benchmark, or "34", every id: then train ids are the official ids.
    """

    data_dir: str = ""
    annotation: str = "fine"
    classes: str = "19"

    def __post_init__(self) -> None:
        cityscapes_labels.check(self.classes)
        if self.annotation not in TRUTHS:
            raise errors.UserError(f"`annotation`: {registry.unknown('the annotations', self.annotation, TRUTHS)}")


def info(config: Config) -> dataset.DatasetInfo:
    """What the settings and, where there are maps of train ids alone, the files say."""
    return _info(config, bool(config.data_dir) and _form(config) == TRAIN_IDS)


def found(config: Config) -> str:
    """Which annotation lies there, and in which files."""
    return f"{_root(config)}: {TRUTHS[config.annotation]}, {FOUND[_form(config)]}"


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split, key SPLIT/CITY/CITY_...; those of test may lack annotation."""
    registry.check("the splits of cityscapes", split, SPLITS[config.annotation])
    truth, form = TRUTHS[config.annotation], _form(config)
    image_folder = raw_files.place(_root(config), f"{IMAGES}/{FOLDERS[split]}")
    truth_folder = raw_files.place(_root(config), f"{truth}/{FOLDERS[split]}")
    if image_folder is None:
        return
    if split != "test" and (truth_folder is None or not form):
        raise errors.UserError(
            f"{config.data_dir}: has {image_folder}, but not {truth}/{FOLDERS[split]}. Get {truth} from {URL}."
        )
    images, truths = set(raw_files.walk(image_folder)), set(raw_files.walk(truth_folder) if truth_folder else ())
    # Maps of train ids and of instances do not speak of the same labels.
    endings = (form,) if form == TRAIN_IDS else dict.fromkeys((form, INSTANCES, POLYGONS))
    for key in sorted(_keys(images, IMAGE_ENDING) | _keys(truths, f"_{truth}{form}")):
        paths = [("image", f"{image_folder}/{key}{IMAGE_ENDING}")]
        for ending in endings:
            name = f"{key}_{truth}{ending}"
            if name in truths or (ending == form and split != "test"):
                paths.append((ROLES[ending], f"{truth_folder}/{name}"))
        yield dataset.Item(f"{split}/{key}", tuple(paths))


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one image, its semantic map and its instances; only the image where the annotation is withheld."""
    image, roles, described = pairing.load_image(item), dict(item.paths), _info(config, _has_train_ids(item))
    annotation = raw_files.read(roles["polygons"]) if "polygons" in roles else b""
    if annotation and not {"mask", "instance"} & roles.keys():
        path = roles["polygons"]
        values = cityscapes_labels.painted(annotation, image.height, image.width, path)
        example = instance_values.annotated(image, values, instance_values.CITYSCAPES, described, path)
    else:
        example = instance_values.load(image, item, instance_values.CITYSCAPES, described)
    if item.key.startswith("test/") and example.raw_histogram.keys() <= set(cityscapes_labels.DUMMIES):
        return image
    return dataclasses.replace(example, annotation=annotation)


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The map files of an image from its record."""
    return instance_values.restore(example, item, instance_values.CITYSCAPES, _info(config, _has_train_ids(item)))


def _info(config: Config, has_train_ids: bool) -> dataset.DatasetInfo:
    if has_train_ids and config.classes != "19":
        raise errors.UserError(
            f"{config.data_dir}: holds labelTrainIds alone, which know 19 classes, but `classes` is {config.classes}. "
            "Add the files *_labelIds.png or *_polygons.json, or leave `classes` at 19."
        )
    table = cityscapes_labels.of_train_ids() if has_train_ids else cityscapes_labels.table(config.classes)
    return dataset.DatasetInfo(
        name="cityscapes",
        categories=table.categories,
        raw_values=table.raw_values,
        splits=SPLITS[config.annotation],
        expected_counts=tuple((split, COUNTS[split]) for split in SPLITS[config.annotation]),
        licence="Cityscapes terms: non-commercial research and teaching, no redistribution",
        citation="Cordts et al.: The Cityscapes Dataset for Semantic Urban Scene Understanding, CVPR 2016",
        url=URL,
        tasks=("semantic",) if has_train_ids else ("semantic", "instance", "panoptic"),
    )


def _root(config: Config) -> Path:
    """The folder that holds the images' folder."""
    root = raw_files.root(config.data_dir, "cityscapes")
    if raw_files.place(root, IMAGES) is None:
        raise errors.UserError(
            f"{root}: not Cityscapes; expected the folders {IMAGES} and {TRUTHS[config.annotation]} in it, or "
            f"the zip files as downloaded. Get them from {URL}."
        )
    return root


def _form(config: Config) -> str:
    """The ending that the tree is read by: the best that any of its cities has; "" without annotation."""
    truth = TRUTHS[config.annotation]
    splits = [raw_files.place(_root(config), f"{truth}/{FOLDERS[split]}") for split in SPLITS[config.annotation]]
    cities = [folder / city for folder in splits if folder for city in raw_files.names(folder)]
    for ending in ROLES:
        if any(name.endswith(ending) for city in cities for name in raw_files.names(city)):
            return ending
    return ""


def _has_train_ids(item: dataset.Item) -> bool:
    return any(path.endswith(TRAIN_IDS) for _, path in item.paths)


def _keys(files: set[str], ending: str) -> set[str]:
    return {name.removesuffix(ending) for name in files if name.endswith(ending)}
