"""KINS: people and vehicles of the KITTI detection images, whole and as seen, in order of occlusion.

    training/image_2/*.png, testing/image_2/*.png, as in data_object_image_2.zip
    update_train_2020.json, update_test_2020.json         with the order: a_segm, i_segm, oco_id, ico_id
    instances_train.json, instances_val.json              the first release: segmentation, inmodal_seg

KITTI's test images are annotated, too: they are the eval split. An object's depth counts within its cluster of objects
that touch: `oco_id` is the cluster, `ico_id` the place in it.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seg_models import dataset, errors, raw_files, registry
from seg_models.raw import coco_images, coco_objects, overlap, rle

# Category ids count from 1; no object is a rider.
NAMES = ("cyclist", "pedestrian", "rider", "car", "tram", "truck", "van", "misc")
CATEGORIES = dict(enumerate(NAMES, 1))
TRAIN_IDS = {category: category - 1 for category in CATEGORIES}
FOLDERS = {"train": "training", "eval": "testing"}
RELEASES = (
    {"train": "update_train_2020.json", "eval": "update_test_2020.json"},
    {"train": "instances_train.json", "eval": "instances_val.json"},
)

INFO = dataset.DatasetInfo(
    name="kins",
    categories=tuple(dataset.Category(name, dataset.palette_color(index), True) for index, name in enumerate(NAMES)),
    raw_values=tuple(TRAIN_IDS.items()),
    splits=tuple(FOLDERS),
    expected_counts=(("train", 7474), ("eval", 7517)),
    licence="KITTI images CC BY-NC-SA 3.0, non-commercial; annotations of KINS not stated, research",
    citation="Qi, Jiang, Liu, Shen, Jia: Amodal Instance Segmentation With KINS Dataset, CVPR 2019",
    url="https://github.com/qqlu/Amodal-Instance-Segmentation-through-KINS-Dataset",
    tasks=("instance", "amodal"),
)


class Members(NamedTuple):
    """The names under which an annotation has a mask, its area and its box."""

    mask: str
    area: str
    box: str


WHOLE = (Members("a_segm", "a_area", "a_bbox"), Members("segmentation", "area", "bbox"))
SEEN = (Members("i_segm", "i_area", "i_bbox"), Members("inmodal_seg", "", "inmodal_bbox"))


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is.

    Attributes:
      data_dir: the folder with training, testing (or data_object_image_2.zip) and the JSON files.
    """

    data_dir: str = ""


def found(config: Config) -> str:
    """Which release."""
    files = _files(raw_files.root(config.data_dir, INFO.name))
    return f"KINS: {', '.join(str(path) for path in files.values())}"


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images that a split's JSON names."""
    registry.check("the splits of kins", split, FOLDERS)
    root = raw_files.root(config.data_dir, INFO.name)
    files = _files(root)
    if split not in files:
        return
    folder = f"{FOLDERS[split]}/image_2"
    images = raw_files.place(root, folder, f"data_object_image_2/{folder}", f"images/{folder}")
    if images is None:
        raise errors.UserError(f"{root}: no {folder} in it; expected the images of {files[split]} there.")
    # Both folders of KITTI count their images from 000000.
    yield from coco_images.items(coco_images.Source(files[split], images, CATEGORIES, prefix=f"{FOLDERS[split]}/"))


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image, and decodes the masks of its objects."""
    content = coco_images.content(item)
    example = coco_images.load_image(item, content)
    size, path = (example.height, example.width), item.path("annotations")
    objects, findings = [], []
    for entry in content.annotations:
        where = f"{path}: annotation {entry.get('id')} of {item.key}"
        whole, of_whole = _mask(entry, WHOLE, size, f"{where}, whole")
        seen, of_seen = _mask(entry, SEEN, size, f"{where}, as seen")
        findings += of_whole
        # What is hidden wholly has no pixel that is seen: that is no cause for doubt.
        findings += [finding for finding in of_seen if finding.kind != "empty"]
        objects.append(
            dataset.Object(
                category=coco_objects.category_of(entry, TRAIN_IDS, where),
                instance=0,
                is_crowd=bool(entry.get("iscrowd", 0)),
                mask=seen,
                amodal=whole,
                depth=_depth(entry, where),
                source_id=entry["id"] if isinstance(entry.get("id"), int) else 0,
            )
        )
    instance, resolved = overlap.resolve(*size, objects)
    return dataclasses.replace(example, instance=instance, objects=resolved, findings=tuple(findings))


def _files(root: Path) -> dict[str, Path]:
    """Split -> its JSON, of the newest release that is there."""
    for release in RELEASES:
        places = {split: raw_files.place(root, name, f"annotations/{name}") for split, name in release.items()}
        if any(places.values()):
            return {split: path for split, path in places.items() if path is not None}
    names = " or ".join(" and ".join(release.values()) for release in RELEASES)
    raise errors.UserError(
        f"{root}: not KINS; expected {names} in it or in its folder annotations, and KITTI's images, training/image_2 "
        f"and testing/image_2. Get them from {INFO.url}."
    )


def _mask(
    entry: Mapping[str, object], named: tuple[Members, ...], size: tuple[int, int], where: str
) -> tuple[np.ndarray, list[dataset.Finding]]:
    """A mask, bool [H, W], under the first of the names that is there, and what is doubtful about it."""
    for members in named:
        if members.mask in entry:
            segmentation, area, box = (entry.get(name) for name in members)
            mask = rle.mask_of(segmentation, *size, where)
            told = {"segmentation": segmentation, "area": area, "bbox": box}
            return mask, list(coco_objects.doubts(told, mask, where))
    names = " or ".join(f"`{members.mask}`" for members in named)
    raise errors.DataError(f"{where}: no {names} in it; it has {', '.join(entry)}.")


def _depth(entry: Mapping[str, object], where: str) -> int | None:
    """The place in its cluster, 0 for the nearest and for what touches nothing; None in the first release."""
    order = entry.get("ico_id")
    if order is None:
        return None
    if not isinstance(order, int) or order < 0:
        raise errors.DataError(f"{where}: `ico_id` is {order!r}; expected 0, or a place in its cluster from 1 on.")
    return max(order - 1, 0)
