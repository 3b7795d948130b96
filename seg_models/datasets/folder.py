"""The user's own images and masks, paired by file name.

    data_dir/classes.yaml      the classes (seg_models/raw/class_file.py)
    data_dir/images/           PNG or JPEG
    data_dir/masks/            PNG: class values (8 or 16 bits, indexed or grey) or RGB colours
    data_dir/instances/        optional PNG, 8 or 16 bits: 0 = no instance, unique in an image

Each may have folders train, eval (or val, validation) and test; without them an image's key puts it in train or eval.
A folder test may have images alone: they are for prediction.
"""

import dataclasses
import functools
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, raw_files, registry
from seg_models.raw import class_file, hold_out, instance_maps, pairing

SPLIT_FOLDERS = {"train": ("train", "training"), "eval": ("eval", "val", "validation"), "test": ("test",)}
# The map of an instance file some of whose instances lie on void alone, and are therefore none.
SOURCE = "instance/source"


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and how it is split.

    Attributes:
      data_dir: the folder with images, masks and the class file.
      classes: the class file, in data_dir.
      mask_ending: what the names of masks have and those of images have not, such as "_mask" in a_mask.png for a.jpg.
      eval_fraction: of the images that are not split by folders; which ones depends on their keys alone, so an image
        stays in its split when others are added.
    """

    data_dir: str = ""
    classes: str = "classes.yaml"
    mask_ending: str = ""
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


def info(config: Config) -> dataset.DatasetInfo:
    """What the class file and the folders say."""
    root = raw_files.root(config.data_dir, "folder")
    if not raw_files.exists(root / config.classes) and not raw_files.is_folder(root / "images"):
        raise errors.UserError(
            f"{root}: neither {config.classes} nor the folder images is in it; expected images/, masks/ and "
            f"{config.classes}, which names the classes of the masks."
        )
    classes = class_file.read(root / config.classes)
    splits = tuple(split for split in SPLIT_FOLDERS if split != "test" or "test" in _split_folders(root))
    tasks = ("semantic", "instance", "panoptic") if raw_files.is_folder(root / "instances") else ("semantic",)
    return dataset.DatasetInfo(classes.name or "folder", classes.categories, classes.raw_values, splits, tasks=tasks)


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The pairs of a split, sorted by key; with split folders the folder is part of the key."""
    registry.check("the splits of folder", split, SPLIT_FOLDERS)
    root = raw_files.root(config.data_dir, "folder")
    folders = _split_folders(root)
    if folders:
        if split in folders:
            sources = _sources(config, root, folders[split])
            labelled = pairing.labelled(sources) if split == "test" else sources
            yield from pairing.items(labelled, prefix=f"{folders[split]}/")
        return
    yield from hold_out.part(pairing.items(_sources(config, root)), split, config.eval_fraction)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one pair and, where there are instances, its objects; or an image without labels."""
    described = _described(config, raw_files.stamp(os.path.join(os.path.expanduser(config.data_dir), config.classes)))
    example = pairing.load(item, described)
    if "instance" not in dict(item.paths):
        return example
    path = item.path("instance")
    instance, png = instance_maps.read(path)
    image_files.check_same_size(instance, example.height, example.width, path, item.path("image"))
    kept, objects = _objects(instance, example.semantic, described, path)
    if kept is instance:
        return dataclasses.replace(example, instance=kept, objects=objects, instance_png=png)
    return dataclasses.replace(example, instance=kept, objects=objects, maps={SOURCE: instance})


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The mask and the instance map."""
    rebuilt = {"mask": example.raw, "instance": example.maps.get(SOURCE, example.instance)}
    yield from ((path, rebuilt[role]) for role, path in item.paths if role in rebuilt)


@functools.lru_cache(maxsize=8)
def _described(config: Config, stamp: tuple[int, int]) -> dataset.DatasetInfo:
    """What `info` says, found out again only when the class file changed: `load` asks for each image."""
    return info(config)


def _split_folders(root: Path) -> dict[str, str]:
    """Split -> its folder in images/; empty where images/ is not split."""
    images = root / "images"
    if not raw_files.is_folder(images):
        raise errors.UserError(f"{images}: no such folder; put the images in it, the masks in {root / 'masks'}.")
    found = {
        split: [name for name in names if raw_files.is_folder(images / name)] for split, names in SPLIT_FOLDERS.items()
    }
    for split, names in found.items():
        if len(names) > 1:
            raise errors.UserError(f"{images}: {' and '.join(names)} are both the split {split}; keep one.")
    folders = {split: names[0] for split, names in found.items() if names}
    if folders and not {"train", "eval"} <= set(folders):
        raise errors.UserError(
            f"{images}: has the folder {', '.join(folders.values())}, but not both train and eval. Make both, "
            "or take the images out of it to have them split by `eval_fraction`."
        )
    return folders


def _sources(config: Config, root: Path, folder: str = "") -> list[pairing.Source]:
    sources = [
        pairing.Source("image", root / "images" / folder),
        pairing.Source("mask", root / "masks" / folder, config.mask_ending),
    ]
    if raw_files.is_folder(root / "instances"):
        sources.append(pairing.Source("instance", root / "instances" / folder))
    return sources


def _objects(
    instance: np.ndarray, semantic: np.ndarray, described: dataset.DatasetInfo, path: str
) -> tuple[np.ndarray, tuple[dataset.Object, ...]]:
    """Checks that every instance lies on one thing class, void aside.

    Args:
      instance: int32 [H, W], 0 = no instance.
      semantic: train ids [H, W].
      described: says which classes are things.
      path: named in the errors.

    Returns:
      int32 [H, W] without the instances that lie on void alone, and one Object for each of the others.
    """
    categories: dict[int, int] = {}
    identities, pixels = instance_maps.overlaps(instance, semantic)
    for identity, counts in zip(identities, pixels):
        on = [category for category in np.flatnonzero(counts).tolist() if category != described.void]
        names = [f"{described.names[category]} ({counts[category]} pixels)" for category in on]
        for category, name in zip(on, names):
            if not described.categories[category].is_thing:
                raise errors.DataError(
                    f"{path}: instance {identity} lies on the class {name}, which is not among `things` of the class "
                    "file. Add it there, or set these pixels to 0."
                )
        if len(on) > 1:
            both = " and ".join(names)
            raise errors.DataError(f"{path}: instance {identity} lies on two classes, {both}; expected one.")
        if on:
            categories[int(identity)] = on[0]
    if len(categories) < len(identities):
        is_kept = np.zeros(int(instance.max(initial=0)) + 1, bool)
        is_kept[list(categories)] = True
        instance = np.where(is_kept[instance], instance, 0)
    return instance, tuple(dataset.Object(category, identity) for identity, category in sorted(categories.items()))
