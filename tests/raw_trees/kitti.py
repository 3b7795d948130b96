"""KITTI's data_semantics, as published: training with both maps, testing without."""

from pathlib import Path

import numpy as np

from tests import small_folder

REAL = {"data_dir": "layout_fixtures/kitti_dataset"}
HEIGHT, WIDTH = 12, 40
ROAD, BUILDING, CAR, CARAVAN = 7, 11, 26, 29


def make(folder: Path) -> Path:
    """Six annotated images and two without annotation."""
    for part, count in (("training", 6), ("testing", 2)):
        for index in range(count):
            rng = np.random.default_rng([count, index])
            name, root = f"{index:06d}_10.png", folder / "data_semantics" / part
            small_folder.save(root / "image_2" / name, rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
            if part == "training":
                found = values(rng)
                small_folder.save(root / "semantic" / name, (found // 256).astype(np.uint8))
                small_folder.save(root / "instance" / name, found.astype(np.uint16))
    return folder


def values(rng: np.random.Generator) -> np.ndarray:
    """An instance map [H, W]: stuff with and without numbers, cars with and without, and a caravan, void for 19."""
    found = np.repeat(rng.integers(0, 24, (HEIGHT // 4, WIDTH)), 4, axis=0) * 256
    found[:4, 8:16] = BUILDING * 256 + 1
    found[4:9, 3:30] = CAR * 256 + np.arange(3, 30) // 9
    found[9:11, 30:38] = CARAVAN * 256 + 2
    return found
