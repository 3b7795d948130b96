"""Oxford-IIIT Pet: lists, trimaps, boxes of heads, and one GIF that is called .jpg."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests import small_folder

HEIGHT, WIDTH = 20, 26
# Name, class id, species, breed id as in the published lists.
TRAINVAL = (("Abyssinian_1", 1, 1, 1), ("Abyssinian_34", 1, 1, 1), ("beagle_2", 5, 2, 4), ("Sphynx_9", 34, 1, 12))
TEST = (("pug_3", 26, 2, 19),)


def make(folder: Path) -> Path:
    """Four images of trainval, one of test, and one that is in no list."""
    for name, entries in (("trainval.txt", TRAINVAL), ("test.txt", TEST)):
        for place, (key, *_) in enumerate(entries):
            _images(folder, key, place)
        path = folder / "annotations" / name
        path.write_text("".join(" ".join(map(str, entry)) + "\n" for entry in entries))
    _images(folder, "pug_99", 9)
    return folder


def trimap(seed: int) -> np.ndarray:
    """uint8 [H, W]: a pet, its border, and background."""
    values = np.full((HEIGHT, WIDTH), 2, np.uint8)
    values[3:15, 4 : 18 + seed % 4] = 3
    values[5:13, 6 : 16 + seed % 4] = 1
    return values


def _images(folder: Path, key: str, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    path = folder / "images" / f"{key}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, "GIF" if key == "Abyssinian_34" else "JPEG")
    small_folder.save(folder / "annotations" / "trimaps" / f"{key}.png", trimap(seed))
    if seed < 2:
        head = folder / "annotations" / "xmls" / f"{key}.xml"
        head.parent.mkdir(exist_ok=True)
        head.write_text("<annotation><object><bndbox><xmin>5</xmin></bndbox></object></annotation>\n")
