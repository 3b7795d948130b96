"""A fake PASCAL VOC 2012 with the augmentation of SBD: maps with the palette, borders that are void, a test split."""

from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse
from PIL import Image

REAL = {"data_dir": "voc"}
FIELDS = {"augmented": True}

HEIGHT, WIDTH = 20, 24
PALETTE = bytes(
    sum((index >> 3 * place + channel & 1) << 7 - place for place in range(8))
    for index in range(256)
    for channel in range(3)
)
LISTS = {"train": ("2007_000001", "2007_000002"), "val": ("2007_000003", "2007_000004"), "test": ("2008_000005",)}
ADDED = {"train": ("2007_000001", "2008_000006"), "val": ("2007_000003", "2008_000007")}


def make(folder: Path) -> Path:
    """Writes the tree and returns the data_dir."""
    rng = np.random.default_rng(0)
    voc = folder / "VOCdevkit" / "VOC2012"
    for name in ("JPEGImages", "SegmentationClass", "SegmentationObject", "ImageSets/Segmentation"):
        (voc / name).mkdir(parents=True)
    for name, keys in LISTS.items():
        (voc / "ImageSets" / "Segmentation" / f"{name}.txt").write_text("".join(f"{key}\n" for key in keys))
    for key in sorted({*sum(LISTS.values(), ()), *sum(ADDED.values(), ())}):
        Image.fromarray(rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)).save(voc / "JPEGImages" / f"{key}.jpg")
    for key in LISTS["train"] + LISTS["val"]:
        classes, objects = maps(many=key == "2007_000002")
        save(voc / "SegmentationClass" / f"{key}.png", classes)
        save(voc / "SegmentationObject" / f"{key}.png", objects)
    make_added(folder / "benchmark_RELEASE" / "dataset")
    return folder


def maps(many: bool) -> tuple[np.ndarray, np.ndarray]:
    """Classes and objects, uint8 [H, W]: a dog behind a border, two persons that touch; or 240 birds of one pixel."""
    classes, objects = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    if many:
        classes[:10], objects[:10] = 3, np.arange(1, 241).reshape(10, WIDTH)
        return classes, objects
    for place, index, number in (((2, 10, 2, 12), 12, 1), ((4, 16, 14, 18), 15, 2), ((4, 16, 18, 22), 15, 3)):
        top, bottom, left, right = place
        classes[top - 1 : bottom + 1, left - 1 : right + 1] = objects[top - 1 : bottom + 1, left - 1 : right + 1] = 255
        classes[top:bottom, left:right], objects[top:bottom, left:right] = index, number
    return classes, objects


def save(path: Path, indices: np.ndarray) -> None:
    """Writes a map as VOC has it: 8 bits and a palette."""
    image = Image.fromarray(indices, "P")
    image.putpalette(PALETTE)
    image.save(path)


def make_added(folder: Path) -> None:
    """Writes SBD's .mat files: one struct each, boundaries as sparse maps."""
    for name in ("cls", "inst"):
        (folder / name).mkdir(parents=True)
    for name, keys in ADDED.items():
        (folder / f"{name}.txt").write_text("".join(f"{key}\n" for key in keys))
        for key in keys:
            classes, objects = np.zeros((2, HEIGHT, WIDTH), np.uint8)
            classes[3:9, 3:9], objects[3:9, 3:9] = 7, 1
            classes[3:9, 9:12], objects[3:9, 9:12] = 20, 2
            scipy.io.savemat(
                folder / "cls" / f"{key}.mat", {"GTcls": struct(classes, range(1, 21))}, do_compression=True
            )
            things = struct(objects, (1, 2)) | {"Categories": np.array([[7], [20]], np.uint8)}
            scipy.io.savemat(folder / "inst" / f"{key}.mat", {"GTinst": things}, do_compression=True)


def struct(values: np.ndarray, numbers: range | tuple[int, ...]) -> dict[str, np.ndarray]:
    """Segmentation and Boundaries; a boundary here is the left column of a region."""
    cells = np.empty((len(numbers), 1), object)
    for place, number in enumerate(numbers):
        region = values == number
        cells[place, 0] = scipy.sparse.csc_matrix((region & ~np.roll(region, 1, axis=1)).astype(float))
    return {"Segmentation": values, "Boundaries": cells}
