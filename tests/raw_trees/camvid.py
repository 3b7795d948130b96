"""CamVid as SegNet's authors publish it: three splits, their lists, 11 classes and void."""

from pathlib import Path

import numpy as np

from tests import small_folder

REAL = {"data_dir": "camvid"}


def make(folder: Path) -> Path:
    """Two images in train and val each, one in test."""
    for name, count in (("train", 2), ("val", 2), ("test", 1)):
        lines = []
        for index in range(count):
            rng = np.random.default_rng([count, index])
            key = f"0001TP_00{index}"
            small_folder.save(folder / name / f"{name}_{key}.png", rng.integers(0, 256, (18, 24, 3), np.uint8))
            small_folder.save(folder / f"{name}annot" / f"{name}_{key}.png", rng.integers(0, 12, (18, 24), np.uint8))
            lines.append(f"/SegNet/CamVid/{name}/{name}_{key}.png /SegNet/CamVid/{name}annot/{name}_{key}.png\n")
        (folder / f"{name}.txt").write_text("".join(lines))
    return folder
