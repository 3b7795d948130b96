"""A fake full ADE20K of 2021: layers, parts of parts, a class that is not selected, 320 instances."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 36, 40
SKY, PERSON, CAR, UNLISTED, WHEEL, RIM = 2420, 1831, 401, 3050, 3035, 2122
# Flower, book, bottle, light and plate: more instances together than a byte counts, of none more than a class may have.
SMALL = (978, 236, 249, 1451, 1919)
# (class, level, rows, columns), in drawing order: later ones hide earlier ones of their level.
SCENE = (
    (SKY, 0, (0, 20), (0, 40)),
    (CAR, 0, (12, 30), (4, 24)),
    (PERSON, 0, (8, 34), (18, 26)),
    (UNLISTED, 0, (2, 8), (30, 38)),
    (WHEEL, 1, (22, 30), (6, 14)),
    (RIM, 2, (24, 28), (8, 12)),
)
WORD = "véhicule"
REAL = {"data_dir": "ade20k_full"}


def make(folder: Path) -> Path:
    """Writes three training and two validation images."""
    rng = np.random.default_rng(21)
    images = folder / "ADE20K_2021_17_01" / "images" / "ADE"
    for split, name, count in (("training", "train", 3), ("validation", "val", 2)):
        for index in range(count):
            place = images / split / ("urban/street" if index else "nature")
            places = [(row, column) for row in range(0, 32, 2) for column in range(20)]
            crowded = [(SMALL[(row // 2 + left) % 5], 0, (row, row + 2), (left, left + 1)) for row, left in places]
            scene = crowded if (split, index) == ("training", 2) else SCENE[: 1 if index == 1 else None]
            write(place, f"ADE_{name}_{index + 1:08d}", scene, rng)
    return folder


def write(folder: Path, stem: str, scene: list | tuple, rng: np.random.Generator) -> None:
    """Writes one image and all its files."""
    (folder / stem).mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)).save(folder / f"{stem}.jpg", quality=95)
    entries = []
    for level in range(max(each[1] for each in scene) + 1):
        colors = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        drawn = [(index, *each) for index, each in enumerate(scene) if each[1] == level]
        for rank, (_, number, _, rows, columns) in enumerate(drawn, 1):
            colors[slice(*rows), slice(*columns)] = (number // 256 * 10, number % 256, round(rank * 255 / len(drawn)))
        Image.fromarray(colors).save(folder / (f"{stem}_parts_{level}.png" if level else f"{stem}_seg.png"))
        for place, (index, number, _, rows, columns) in enumerate(drawn):
            mask = np.zeros((HEIGHT, WIDTH), np.uint8)
            mask[slice(*rows), slice(*columns)] = 255
            for _, _, _, later_rows, later_columns in drawn[place + 1 :]:
                hidden = mask[slice(*later_rows), slice(*later_columns)]
                hidden[hidden == 255] = 128
            Image.fromarray(mask).save(folder / stem / f"instance_{index:03d}_{stem}.png")
            entries.append(_entry(index, number, level, stem))
    # A list of one is written as that one, as MATLAB does.
    listed = entries if len(entries) > 1 else entries[0]
    text = json.dumps({"annotation": {"filename": f"{stem}.jpg", "object": listed}}, ensure_ascii=False)
    (folder / f"{stem}.json").write_bytes(text.encode("iso-8859-1" if "nature" in str(folder) else "utf-8"))


def _entry(index: int, number: int, level: int, stem: str) -> dict:
    return {
        "id": index,
        "name": "a, b",
        "name_ndx": number,
        "raw_name": WORD,
        "attributes": [],
        "depth_ordering_rank": index + 1,
        "occluded": [],
        "crop": "0",
        "parts": {"hasparts": [], "ispartof": [], "part_level": level},
        "instance_mask": f"{stem}/instance_{index:03d}_{stem}.png",
        "polygon": {"x": [], "y": []},
    }
