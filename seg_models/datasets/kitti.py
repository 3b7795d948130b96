"""KITTI semantic and instance segmentation 2015: 200 street scenes with annotation, 200 without, in Cityscapes' labels.

    data_dir/training/image_2/000000_10.png
    data_dir/training/semantic/000000_10.png     label ids, 8 bits
    data_dir/training/instance/000000_10.png     label id * 256 + instance, 16 bits; instance 0: not told apart
    data_dir/testing/image_2/000000_10.png       without annotation

in data_dir, in its folder data_semantics, or in data_semantics.zip. Either map will do; the instance map holds both.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, raw_files, registry
from seg_models.raw import cityscapes_labels, hold_out, instance_values, pairing

SPLITS = ("train", "eval", "test")
URL = "https://www.cvlibs.net/datasets/kitti/eval_semseg.php?benchmark=semantics2015"
# Role in an item -> folder.
MAPS = {"mask": "semantic", "instance": "instance"}


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and how it is split.

    Attributes:
      data_dir: the folder with training and testing, or with data_semantics or its zip file.
      classes: "19", those of the Cityscapes benchmark, or "34", every id: then train ids are the official ids.
      eval_fraction: of the annotated images, held out by their keys: none is published as a split of its own.
    """

    data_dir: str = ""
    classes: str = "19"
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        cityscapes_labels.check(self.classes)
        hold_out.check(self.eval_fraction)


def info(config: Config) -> dataset.DatasetInfo:
    """What the settings say."""
    table = cityscapes_labels.table(config.classes)
    return dataset.DatasetInfo(
        name="kitti",
        categories=table.categories,
        raw_values=table.raw_values,
        splits=SPLITS,
        expected_counts=(("test", 200),),
        licence="CC BY-NC-SA 3.0",
        citation="Abu Alhaija, Mustikovela, Mescheder, Geiger, Rother: Augmented Reality Meets Computer Vision: "
        "Efficient Data Generation for Urban Driving Scenes, IJCV 2018",
        url=URL,
        tasks=("semantic", "instance", "panoptic"),
    )


def found(config: Config) -> str:
    """Which maps lie there."""
    folder, names = _training(config)
    return f"{folder}: maps {' and '.join(MAPS[role] for role in names)}"


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The annotated images, split by their keys, key training/000000_10; or those of test, key testing/..."""
    registry.check("the splits of kitti", split, SPLITS)
    folder, roles = _training(config)
    if split == "test":
        yield from pairing.items([pairing.Source("image", folder.parent / "testing" / "image_2")], prefix="testing/")
        return
    sources = [pairing.Source("image", folder / "image_2")]
    sources += [pairing.Source(role, folder / MAPS[role]) for role in roles]
    yield from hold_out.part(pairing.items(sources, prefix="training/"), split, config.eval_fraction)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one image and, where it is annotated, its maps."""
    return instance_values.load(pairing.load_image(item), item, instance_values.KITTI, info(config))


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The map files of an image from its record."""
    return instance_values.restore(example, item, instance_values.KITTI, info(config))


def _training(config: Config) -> tuple[Path, list[str]]:
    """The folder training, and the roles of the maps in it."""
    root = raw_files.root(config.data_dir, "kitti")
    folder = raw_files.place(root, "training", "data_semantics/training", "kitti_segmentation/training")
    roles = [role for role, name in MAPS.items() if folder and raw_files.is_folder(folder / name)]
    if not roles or not raw_files.is_folder(folder / "image_2"):
        raise errors.UserError(
            f"{root}: not KITTI's semantic segmentation; expected training/image_2 with training/semantic or "
            f"training/instance, or data_semantics.zip. Get it from {URL}."
        )
    return folder, roles
