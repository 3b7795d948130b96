"""ISBI 2012 EM as published: stacks of pages, here of five slices."""

from pathlib import Path

import numpy as np
from PIL import Image

REAL = {"data_dir": "isbi_em"}
SLICES = 5


def make(folder: Path) -> Path:
    """Writes the three stacks."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(2012)
    save_stack(folder / "train-volume.tif", rng.integers(0, 256, (SLICES, 18, 24), np.uint8))
    save_stack(folder / "train-labels.tif", np.where(rng.random((SLICES, 18, 24)) < 0.8, 255, 0).astype(np.uint8))
    save_stack(folder / "test-volume.tif", rng.integers(0, 256, (2, 18, 24), np.uint8))
    return folder


def save_stack(path: Path, pages: np.ndarray) -> None:
    """Writes uint8 [N, H, W] as the pages of a TIFF."""
    first, *others = [Image.fromarray(page) for page in pages]
    first.save(path, save_all=True, append_images=others)
