"""CrackForest: photographs, segmentations as .mat, and one that has the text format alone."""

from pathlib import Path

import numpy as np
import scipy.io

from tests import small_folder

REAL = {"data_dir": "crackforest"}
COUNT = 6


def make(folder: Path) -> Path:
    """Writes six images; the last one's segmentation is text."""
    for index in range(COUNT):
        rng = np.random.default_rng(index)
        key = f"{index + 1:03d}"
        small_folder.save(folder / "image" / f"{key}.jpg", rng.integers(0, 256, (18, 24, 3), np.uint8))
        segmentation = np.ones((18, 24), np.uint8)
        segmentation[5 + index : 7 + index] = 2
        segmentation[12:15, 3:9], segmentation[:, 20] = 3, 4 if index else 1
        if index < COUNT - 1:
            save_matlab(folder / "groundTruth" / f"{key}.mat", segmentation)
        else:
            save_text(folder / "seg" / f"{key}.seg", segmentation)
    return folder


def save_matlab(path: Path, segmentation: np.ndarray) -> None:
    """Writes uint8 [H, W] as the published struct."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"Segmentation": segmentation, "Boundaries": np.zeros_like(segmentation)}
    scipy.io.savemat(path, {"groundTruth": content}, do_compression=True)


def save_text(path: Path, segmentation: np.ndarray) -> None:
    """Writes uint8 [H, W] as Berkeley's runs: segment, row, first column, last column."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = segmentation.shape
    header = ["format ascii cr", "image C:\\data\\crack image\\a.jpg", "segments 4"]
    header += [f"width {width}", f"height {height}"]
    runs = []
    for row, values in enumerate(segmentation.astype(int)):
        starts = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist()]
        for first, end in zip(starts, [*starts[1:], width]):
            runs.append(f"{values[first] - 1} {row} {first} {end - 1}")
    path.write_text("\n".join([*header, "data", *runs]) + "\n")
