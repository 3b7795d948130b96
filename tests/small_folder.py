"""Makes a tiny data set in the layout of `folder`: background, road (stuff) and car (thing), with instances."""

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = """\
name: tiny_streets
classes:
  - {name: background, id: 0}
  - {name: road, id: [1, 7], color: [128, 64, 128]}
  - {name: car, id: 2}
things: [car]
void: [255]
"""


def make(root: Path, count: int = 12, split: str = "", instances: bool = True) -> Path:
    """Writes `count` images of 24x32 and their maps under `root`, into the split folder where one is named."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "classes.yaml").write_text(CLASSES)
    for index in range(count):
        rng = np.random.default_rng(index)
        mask = np.zeros((24, 32), np.uint8)
        mask[12:] = 1
        mask[20:] = 7
        mask[10:16, 2:8], mask[11:18, 20:29] = 2, 2
        mask[:2] = 255
        instance = np.zeros((24, 32), np.uint16)
        instance[10:16, 2:8], instance[11:18, 20:29] = 1, 300
        save(root / "images" / split / f"{index:03d}.png", rng.integers(0, 256, (24, 32, 3), np.uint8))
        save(root / "masks" / split / f"{index:03d}.png", mask)
        if instances:
            save(root / "instances" / split / f"{index:03d}.png", instance)
    return root


def save(path: Path, values: np.ndarray) -> None:
    """Writes uint8 or uint16 values as an image of the path's format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)
