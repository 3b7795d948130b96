"""CamVid as first published: all frames in one folder, their 32-class colours in another."""

from pathlib import Path

import numpy as np

from seg_models.raw import category_table
from tests import small_folder

REAL = {"data_dir": "layout_fixtures/camvid_dataset"}
# Two frames of train, two of eval, two of test.
KEYS = ("0006R0_f00930", "0016E5_08190", "0016E5_07959", "0016E5_08159", "0001TP_008550", "Seq05VD_f00000")


def make(folder: Path) -> Path:
    """Six frames."""
    raw = np.array([value for value, _ in category_table.read("camvid_full").raw_values])
    colors = np.stack([raw >> 16, raw >> 8 & 255, raw & 255], axis=1).astype(np.uint8)
    for index, key in enumerate(KEYS):
        rng = np.random.default_rng(index)
        frame = rng.integers(0, 256, (18, 24, 3), np.uint8)
        small_folder.save(folder / "701_StillsRaw_full" / f"{key}.png", frame)
        small_folder.save(folder / "LabeledApproved_full" / f"{key}_L.png", colors[rng.integers(0, len(raw), (18, 24))])
    return folder
