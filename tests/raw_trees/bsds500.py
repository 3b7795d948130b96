"""A fake BSDS500: three people's regions of every image, in cells of structs."""

from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image

HEIGHT, WIDTH = 16, 20
FOLDERS = {"train": ("100007", "100039"), "val": ("101085", "101087"), "test": ("102062",)}
REAL = {"data_dir": "bsds500"}


def make(folder: Path) -> Path:
    """Writes the tree and returns the data_dir."""
    data = folder / "BSR" / "BSDS500" / "data"
    for name, keys in FOLDERS.items():
        (data / "images" / name).mkdir(parents=True)
        (data / "groundTruth" / name).mkdir(parents=True)
        (data / "images" / name / "Thumbs.db").write_bytes(b"as published")
        for key in keys:
            image = np.random.default_rng(int(key)).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
            Image.fromarray(image).save(data / "images" / name / f"{key}.jpg")
            save(data / "groundTruth" / name / f"{key}.mat", [regions(key, person) for person in range(3)])
    return folder


def regions(key: str, person: int) -> np.ndarray:
    """uint16 [H, W]: one person sees 320 regions, more than 8 bits can tell."""
    if person == 2:
        return np.arange(1, HEIGHT * WIDTH + 1, dtype=np.uint16).reshape(HEIGHT, WIDTH)
    rows = np.full((HEIGHT, WIDTH), 1, np.uint16)
    rows[int(key) % 5 + 4 :, person * 3 :] = 2
    return rows


def save(path: Path, people: list[np.ndarray]) -> None:
    """Writes the .mat file as Berkeley does."""
    cells = np.empty((1, len(people)), object)
    for place, values in enumerate(people):
        edges = (values != np.roll(values, 1, axis=0)).astype(np.uint8)
        cells[0, place] = {"Segmentation": values, "Boundaries": edges}
    scipy.io.savemat(path, {"groundTruth": cells}, do_compression=True)
