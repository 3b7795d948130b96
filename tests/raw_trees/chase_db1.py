"""CHASE_DB1: both eyes of four children of training and one of test, binary masks of two people."""

from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 18, 20
CHILDREN = (1, 2, 3, 4, 11)


def make(folder: Path) -> Path:
    """Ten images in the folder CHASEDB1."""
    root = folder / "CHASEDB1"
    root.mkdir(parents=True)
    for child in CHILDREN:
        for eye in "LR":
            name = f"Image_{child:02d}{eye}"
            rng = np.random.default_rng([child, ord(eye)])
            Image.fromarray(rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)).save(root / f"{name}.jpg")
            for observer in ("1st", "2nd"):
                Image.fromarray(rng.random((HEIGHT, WIDTH)) < 0.2).save(root / f"{name}_{observer}HO.png")
    return folder
