"""A fake PASCAL Context: LabelMaps of 459 classes, labels.txt, and VOC 2010 with its lists."""

from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image

from seg_models.raw import category_table

HEIGHT, WIDTH = 20, 30
LISTS = {"train": ("2008_000002", "2008_000008"), "val": ("2008_000003", "2008_000007"), "test": ("2008_000001",)}
FIELDS = {"classes": "459"}


def make(folder: Path) -> Path:
    """Writes the tree and returns the data_dir."""
    voc = folder / "VOCdevkit" / "VOC2010"
    for path in (voc / "JPEGImages", voc / "ImageSets" / "Main", folder / "trainval"):
        path.mkdir(parents=True)
    for name, keys in LISTS.items():
        (voc / "ImageSets" / "Main" / f"{name}.txt").write_text("".join(f"{key}\n" for key in keys))
        for key in keys:
            rng = np.random.default_rng(int(key[-1]))
            Image.fromarray(rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)).save(voc / "JPEGImages" / f"{key}.jpg")
            if name != "test":
                scipy.io.savemat(folder / "trainval" / f"{key}.mat", {"LabelMap": label_map()}, do_compression=True)
    names = [category.name for category in category_table.read("pascal_context").categories]
    (folder / "labels.txt").write_text("".join(f"{value}: {name}\n" for value, name in enumerate(names, 1)))
    return folder


def label_map() -> np.ndarray:
    """uint16 [H, W]: all ids, and nothing below them."""
    values = np.zeros(HEIGHT * WIDTH, np.uint16)
    values[:459] = np.arange(1, 460)
    return values.reshape(HEIGHT, WIDTH)
