"""BSDS500: 500 images cut into regions by 4 to 9 people each, who named nothing; every one's regions are kept apart.

    BSDS500/data/images/{train,val,test}/*.jpg, BSDS500/data/groundTruth/{train,val,test}/*.mat

Maps of an Example: annotator/0/regions (numbers from 1 on), annotator/0/boundaries (0, 1), annotator/1/regions...
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, raw_files, registry
from seg_models.raw import matlab, pairing

FOLDERS = {"train": "train", "eval": "val", "test": "test"}
PLACES = ("BSR/BSDS500/data", "BSDS500/data", "data")

# The regions have numbers, no classes: as one class they are there to be looked at and compared, not to be learnt.
INFO = dataset.DatasetInfo(
    name="bsds500",
    categories=(dataset.Category("region", (128, 128, 128)),),
    raw_values=((1, 0),),
    splits=tuple(FOLDERS),
    expected_counts=(("train", 200), ("eval", 100), ("test", 200)),
    licence="University of California, Berkeley: non-commercial research and education only",
    citation="Arbelaez, Maire, Fowlkes, Malik: Contour Detection and Hierarchical Image Segmentation, PAMI 33(5), 2011",
    url="https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/resources.html",
    tasks=("regions",),
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is.

    Attributes:
      data_dir: the folder data, with images and groundTruth in it, or one above: BSDS500, BSR, or what holds these.
    """

    data_dir: str = ""


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a folder, and the .mat file of each."""
    registry.check("the splits of bsds500", split, FOLDERS)
    folder = _folder(config)
    images = folder / "images" / FOLDERS[split]
    for name in raw_files.names(images):
        key, _, suffix = name.rpartition(".")
        if f".{suffix.lower()}" in pairing.SUFFIXES:
            regions = folder / "groundTruth" / FOLDERS[split] / f"{key}.mat"
            yield dataset.Item(key, (("image", str(images / name)), ("regions", str(regions))))


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image and everyone's regions and boundaries."""
    example = pairing.load_image(item)
    path = item.path("regions")
    people = matlab.field(matlab.read(path), "groundTruth", path).ravel()
    if not people.size:
        raise errors.DataError(f"{path}: `groundTruth` is empty; expected one segmentation or more.")
    maps = {}
    for number, person in enumerate(people):
        for name, field in (("regions", "Segmentation"), ("boundaries", "Boundaries")):
            values = matlab.label_map(matlab.field(person, field, path), f"{path}: {field} {number + 1}")
            image_files.check_same_size(values, example.height, example.width, path, item.path("image"))
            if values.max(initial=0) > dataset.VOID_16:
                raise errors.DataError(
                    f"{path}: {field} {number + 1} has the value {values.max()}; at most 65535 is kept."
                )
            maps[f"annotator/{number}/{name}"] = values.astype(np.uint8 if values.max(initial=0) < 256 else np.uint16)
    return dataclasses.replace(example, maps=maps)


def _folder(config: Config) -> Path:
    """The folder with images and groundTruth."""
    root = raw_files.root(config.data_dir, INFO.name)
    for folder in (root, raw_files.place(root, *PLACES)):
        if folder is not None and raw_files.is_folder(folder / "groundTruth"):
            return folder
    raise errors.UserError(
        f"{root}: not BSDS500; expected the folders images/train and groundTruth/train, beside these val and test, "
        f"in it or in {', '.join(PLACES)}. Get them from {INFO.url}."
    )
