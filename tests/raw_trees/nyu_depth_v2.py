"""A fake nyu_depth_v2_labeled.mat, with dimensions as MATLAB 7.3 writes them, and its splits.mat."""

from pathlib import Path

import h5py
import numpy as np
import scipy.io

FRAMES, HEIGHT, WIDTH = 5, 12, 16
WALL, FLOOR, CHAIR, BOOK, TORAH = 21, 11, 5, 1, 894
TRAIN, TEST = (1, 3, 5), (2, 4)


def make(folder: Path) -> Path:
    """Writes five frames."""
    folder.mkdir(parents=True, exist_ok=True)
    images, labels, instances = frames()
    with h5py.File(folder / "nyu_depth_v2_labeled.mat", "w", userblock_size=512) as file:
        # MATLAB's [H, W, 3, N] is [N, 3, W, H] in HDF5.
        file["images"] = images.transpose(0, 3, 2, 1)
        file["labels"] = labels.transpose(0, 2, 1)
        file["instances"] = instances.transpose(0, 2, 1)
        file["depths"] = np.ones((FRAMES, WIDTH, HEIGHT), np.float32)
    numbers = {name: np.array(each, np.float64)[:, None] for name, each in (("trainNdxs", TRAIN), ("testNdxs", TEST))}
    scipy.io.savemat(folder / "splits.mat", numbers)
    return folder


def frames() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(images uint8 [N, H, W, 3], labels uint16 [N, H, W], instances uint8 [N, H, W])."""
    rng = np.random.default_rng(12)
    images = rng.integers(0, 256, (FRAMES, HEIGHT, WIDTH, 3), np.uint8)
    labels = np.full((FRAMES, HEIGHT, WIDTH), WALL, np.uint16)
    instances = np.ones((FRAMES, HEIGHT, WIDTH), np.uint8)
    labels[:, 8:], instances[:, 8:] = FLOOR, 1
    labels[:, 5:10, 2:6], instances[:, 5:10, 2:6] = CHAIR, 1
    labels[:, 5:10, 7:11], instances[:, 5:10, 7:11] = CHAIR, 2
    labels[:, 6:8, 3:5], instances[:, 6:8, 3:5] = BOOK, 1
    labels[:, 0:2, 0:3], instances[:, 0:2, 0:3] = 0, 0
    labels[:, 1:3, 12:14], instances[:, 1:3, 12:14] = TORAH, 255
    labels[1::2, :, 15] = rng.integers(0, 895, (FRAMES // 2, HEIGHT))
    return images, labels, instances
