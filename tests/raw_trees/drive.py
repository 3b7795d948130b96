"""DRIVE: TIFF images, GIF masks, a field of view that is a disc, and a second annotator of test."""

from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 24, 22


def make(folder: Path) -> Path:
    """Four images of training, two of test."""
    for split, first, count in (("training", 21, 4), ("test", 1, 2)):
        for number in range(first, first + count):
            rng = np.random.default_rng(number)
            image = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
            save(folder / split / "images" / f"{number:02d}_{split}.tif", image)
            save(folder / split / "1st_manual" / f"{number:02d}_manual1.gif", vessels(number))
            save(folder / split / "mask" / f"{number:02d}_{split}_mask.gif", field_of_view())
            if split == "test":
                save(folder / split / "2nd_manual" / f"{number:02d}_manual2.gif", vessels(number + 100))
    return folder


def vessels(seed: int) -> np.ndarray:
    """uint8 [H, W] of 0 and 255, some of it outside the field of view."""
    return np.where(np.random.default_rng([seed, 1]).random((HEIGHT, WIDTH)) < 0.2, 255, 0).astype(np.uint8)


def field_of_view() -> np.ndarray:
    """uint8 [H, W]: 255 in a disc, 0 round it."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.where((rows - 11.5) ** 2 + (columns - 10.5) ** 2 < 100, 255, 0).astype(np.uint8)


def save(path: Path, pixels: np.ndarray) -> None:
    """Writes uint8 [H, W] or [H, W, 3] in the format that the path's ending names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
