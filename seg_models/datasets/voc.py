"""PASCAL VOC, 2007 to 2012: background and 20 things, semantic and instance maps; on request the images that SBD adds.

VOCdevkit/VOC2012/JPEGImages/*.jpg, SegmentationClass/*.png, SegmentationObject/*.png, ImageSets/Segmentation/*.txt
benchmark_RELEASE/dataset/{cls,inst}/*.mat, {train,val}.txt       SBD as published
VOCdevkit/VOC2012/SegmentationClassAug/*.png                      or its classes as PNG, with train_aug.txt
"""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, raw_files, registry
from seg_models.raw import pairing, voc_objects, voc_tree

NAME = "voc"
VOID_INDEX = 255
THINGS = (
    "aeroplane bicycle bird boat bottle bus car cat chair cow "
    "diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor"
).split()
LISTS = {"train": "train", "eval": "val", "test": "test"}
AUGMENTED_LISTS = ("train_aug.txt", "trainaug.txt")
SBD_URL = "http://home.bharathh.info/pubs/codes/SBD/download.html"
# Blue alone is a small number, which an indexed mask might have too; there it is an error.
BOAT_COLOR = 128


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and what is taken.

    Attributes:
      data_dir: the folder with VOCdevkit, VOCdevkit itself, or a year's folder such as VOC2012.
      year: 2007 to 2012; 0: the newest that is there.
      augmented: train on the images of SBD too, 10,582 in all; VOC's own annotation is kept where there is one.
      sbd_dir: the folder benchmark_RELEASE, or its folder dataset, where it is not in data_dir.
    """

    data_dir: str = ""
    year: int = 0
    augmented: bool = False
    sbd_dir: str = ""


def info(config: Config) -> dataset.DatasetInfo:
    """The same of every year but for the number of images. A mask may hold indices, or the colours of the palette."""
    year = voc_tree.find(raw_files.root(config.data_dir, NAME), NAME, config.year)[1] if config.data_dir else 2012
    return _described(config.augmented, year)


def found(config: Config) -> str:
    """Which year, and where the augmentation comes from."""
    root, folder = _folders(config)
    return f"PASCAL {folder.name} in {folder}" + (
        f", augmented from {_added(config, root, folder)[1]}" if config.augmented else ""
    )


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images that the lists of ImageSets/Segmentation name; those of the test split mostly have no annotation."""
    registry.check("the splits of voc", split, LISTS)
    root, folder = _folders(config)
    lists = folder / "ImageSets" / "Segmentation"
    own = voc_tree.listed(lists / f"{LISTS[split]}.txt")
    if split != "train" or not config.augmented:
        labelled = set(raw_files.names(folder / "SegmentationClass"))
        yield from (_item(folder, key, split != "test" or f"{key}.png" in labelled) for key in own)
        return
    added, source = _added(config, root, folder)
    keys = set(own) | set(added) - set(voc_tree.listed(lists / "val.txt"))
    yield from (
        _item(folder, key, True) if key in set(own) else _added_item(folder, source, key) for key in sorted(keys)
    )


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image and, where they are there, its classes and objects."""
    roles = dict(item.paths)
    described = info(config)
    if "mask" in roles:
        example = pairing.load(item, described)
        # An indexed mask of 8 bits stays uint8; a coloured one is packed into int32.
        if example.raw.dtype == np.uint8 and BOAT_COLOR in example.raw_histogram:
            count = example.raw_histogram[BOAT_COLOR]
            raise errors.DataError(
                f"{roles['mask']}: raw value {BOAT_COLOR} on {count} pixels is not listed for `voc`."
            )
        return _with_objects(example, roles["instance"], roles["image"]) if "instance" in roles else example
    example = pairing.load_image(item)
    return voc_objects.sbd(example, item, described) if "class" in roles else example


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The maps of SegmentationClass and SegmentationObject."""
    roles = dict(item.paths)
    if "mask" not in roles:
        return
    yield roles["mask"], example.raw
    if "instance" in roles:
        identities = voc_objects.identities(example, example.semantic == dataset.VOID)
        yield roles["instance"], voc_tree.packed_colors()[identities] if _is_colored(example.raw) else identities


@functools.cache
def _described(augmented: bool, year: int) -> dataset.DatasetInfo:
    names = ["background", *THINGS]
    colors = voc_tree.packed_colors().tolist()
    values = {index: index for index in range(len(names))} | {VOID_INDEX: None}
    values |= {colors[index]: train_id for index, train_id in values.items()}
    counts = (("train", 10582 if augmented else 1464), ("eval", 1449), ("test", 1456))
    return dataset.DatasetInfo(
        name=NAME,
        categories=tuple(dataset.Category(name, voc_tree.color(index), index > 0) for index, name in enumerate(names)),
        raw_values=tuple(sorted(values.items())),
        splits=tuple(LISTS),
        expected_counts=counts if year == 2012 else (),
        licence="Flickr images under Flickr's terms of use: research, no redistribution; SBD: research",
        citation="Everingham et al.: The PASCAL Visual Object Classes Challenge: A Retrospective, IJCV 111(1), 2015; "
        "Hariharan et al.: Semantic Contours from Inverse Detectors, ICCV 2011",
        url=voc_tree.URL,
        tasks=("semantic", "instance", "panoptic"),
    )


def _folders(config: Config) -> tuple[Path, Path]:
    """(data_dir, the year's folder)."""
    root = raw_files.root(config.data_dir, NAME)
    folder, _ = voc_tree.find(root, NAME, config.year)
    if not raw_files.exists(folder / "ImageSets" / "Segmentation" / "train.txt"):
        raise errors.UserError(
            f"{folder}: ImageSets/Segmentation/train.txt is missing; expected the lists train.txt, val.txt and, of the "
            f"test images, test.txt, as PASCAL VOC has them. Get them from {voc_tree.URL}."
        )
    return root, folder


def _item(folder: Path, key: str, labelled: bool) -> dataset.Item:
    paths = [("image", folder / voc_tree.IMAGES / f"{key}.jpg")]
    if labelled:
        paths.append(("mask", folder / "SegmentationClass" / f"{key}.png"))
        if raw_files.is_folder(folder / "SegmentationObject"):
            paths.append(("instance", folder / "SegmentationObject" / f"{key}.png"))
    return dataset.Item(key, tuple((role, str(path)) for role, path in paths))


def _added(config: Config, root: Path, folder: Path) -> tuple[list[str], Path]:
    """The images that SBD annotates, and the folder with its .mat files, or with PNGs made from them."""
    above = raw_files.root(config.sbd_dir, "sbd_dir") if config.sbd_dir else root
    places = (
        raw_files.place(above, "benchmark_RELEASE/dataset", "dataset", "VOCdevkit/benchmark_RELEASE/dataset"),
        above,
    )
    for place in places:
        if place is not None and raw_files.is_folder(place / "cls"):
            return [key for name in ("train", "val") for key in voc_tree.listed(place / f"{name}.txt")], place
    for place in (folder / "SegmentationClassAug", raw_files.place(root, "SegmentationClassAug")):
        if place is not None and raw_files.is_folder(place):
            lists = [
                above / name
                for above in (folder / "ImageSets" / "Segmentation", place.parent)
                for name in AUGMENTED_LISTS
            ]
            names = next((voc_tree.listed(path) for path in lists if raw_files.exists(path)), None)
            return names or [name.removesuffix(".png") for name in raw_files.names(place)], place
    raise errors.UserError(
        f"{root}: `augmented` needs SBD; expected benchmark_RELEASE/dataset/cls in it or in `sbd_dir`, or "
        f"{folder}/SegmentationClassAug. Get it from {SBD_URL}."
    )


def _added_item(folder: Path, source: Path, key: str) -> dataset.Item:
    image = ("image", str(folder / voc_tree.IMAGES / f"{key}.jpg"))
    if not raw_files.is_folder(source / "cls"):
        return dataset.Item(key, (image, ("mask", str(source / f"{key}.png"))))
    parts = (("class", "cls"), ("instance", "inst"))
    return dataset.Item(key, (image, *((role, str(source / part / f"{key}.mat")) for role, part in parts)))


def _with_objects(example: dataset.Example, path: str, image_path: str) -> dataset.Example:
    identities = image_files.read_raw_mask(path)
    image_files.check_same_size(identities, example.height, example.width, path, image_path)
    if _is_colored(example.raw) or identities.max(initial=0) > VOID_INDEX:
        identities = voc_tree.indices(identities, path)
    return voc_objects.annotated(example, identities, path)


def _is_colored(raw: np.ndarray) -> bool:
    """Whether raw values [H, W] are packed colours, such as a mask has that lost its palette."""
    return bool(((raw > len(THINGS)) & (raw != VOID_INDEX)).any())
