"""CHASE_DB1: vessels in photographs of both eyes of 14 children, 999x960, each drawn by two people.

    data_dir/CHASEDB1/Image_01L.jpg            data_dir may be that folder itself, or hold CHASEDB1.zip
                     /Image_01L_1stHO.png      0 and 1, the first person's: the truth
                     /Image_01L_2ndHO.png      the second's; optional

Published without a split. As is usual, the first ten children, 20 images, are for training and the last four are test.
There is no field of view.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, raw_files, registry
from seg_models.datasets import drive
from seg_models.raw import hold_out

ENDINGS = (("image", ".jpg"), ("mask", "_1stHO.png"), ("second", "_2ndHO.png"))
TRAINING = tuple(f"Image_{child:02d}" for child in range(1, 11))

INFO = dataclasses.replace(
    drive.INFO,
    name="chase_db1",
    expected_counts=(("test", 8),),
    licence="CC BY 4.0 in Kingston's repository; check the copy you have",
    citation="Fraz et al.: An ensemble classification-based approach applied to retinal blood vessel segmentation, "
    "IEEE Transactions on Biomedical Engineering 59(9), 2012",
    url="https://researchinnovation.kingston.ac.uk/en/datasets/chasedb1-retinal-vessel-reference-dataset-4",
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and how it is split.

    Attributes:
      data_dir: the folder CHASEDB1 or the one above.
      eval_fraction: of the ten children of training: both eyes of a child are in one split, as they are much alike.
    """

    data_dir: str = ""
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split and what was drawn of them; of an image or a mask alone too, which `load` refuses."""
    registry.check("the splits of chase_db1", split, INFO.splits)
    folder = _folder(config)
    names = set(raw_files.names(folder))
    keys = sorted({name.removesuffix(ending) for name in names for _, ending in ENDINGS if name.endswith(ending)})
    children = {key: key[:-1] for key in keys}
    held_out = hold_out.chosen((child for child in children.values() if child in TRAINING), config.eval_fraction)
    for key, child in children.items():
        place = "test" if child not in TRAINING else "eval" if child in held_out else "train"
        if place == split:
            paths = ((role, f"{folder}/{key}{ending}") for role, ending in ENDINGS)
            yield dataset.Item(key, tuple(path for path in paths if path[0] != "second" or Path(path[1]).name in names))


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image and the vessels that one or two people drew."""
    return drive.load(drive.Config(), item)


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The files of both people."""
    return drive.restore(drive.Config(), item, example)


def _folder(config: Config) -> Path:
    """The folder that holds the images."""
    root = raw_files.root(config.data_dir, INFO.name)
    for folder in (raw_files.place(root, "CHASEDB1", "CHASE_DB1"), root):
        if folder and any(name.endswith(ENDINGS[1][1]) for name in raw_files.names(folder)):
            return folder
    raise errors.UserError(
        f"{root}: not CHASE_DB1; expected Image_01L.jpg, Image_01L_1stHO.png and so on in it or in CHASEDB1. "
        f"Get it from {INFO.url}."
    )
