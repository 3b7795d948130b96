"""Mapillary Vistas v2.0 as published: both versions' maps for training and validation, images alone for testing."""

import json
from pathlib import Path

import numpy as np

from tests import small_folder

REAL = {"data_dir": "layout_fixtures/mapillary_vistas_dataset"}
HEIGHT, WIDTH = 16, 40
# (name, colour, instances, evaluate): the place is the value in the maps.
CLASSES = (
    ("construction--flat--road", (128, 64, 128), False, True),
    ("object--vehicle--car", (0, 0, 142), True, True),
    ("nature--sky", (70, 130, 180), False, True),
    ("human--person", (220, 20, 60), True, True),
    ("void--unlabeled", (0, 0, 0), False, False),
)
ROAD, CAR, SKY, PERSON, VOID = range(5)
# Cars of one pixel in an image, more than 8 bits can number.
CARS = 300


def make(folder: Path) -> Path:
    """Two images of training and validation each, one of testing."""
    for split, count in (("training", 2), ("validation", 2), ("testing", 1)):
        for index in range(count):
            rng = np.random.default_rng([count, index])
            pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
            small_folder.save(folder / split / "images" / f"{split}_{index}.jpg", pixels)
    for version, year in (("v1.2", 2018), ("v2.0", 2020)):
        (folder / f"config_{version}.json").write_text(json.dumps(classes()))
        for split in ("training", "validation"):
            truth(folder / split / version, [f"{split}_0", f"{split}_1"], year)
    return folder


def truth(folder: Path, names: list[str], year: int) -> None:
    """Writes the maps of images and the panoptic JSON."""
    entries = [maps(folder, name, np.random.default_rng([year, index])) for index, name in enumerate(names)]
    content = {"annotations": entries, "categories": categories()}
    (folder / "panoptic" / f"panoptic_{year}.json").write_text(json.dumps(content))


def classes() -> dict[str, object]:
    """The file of classes."""
    keys = ("name", "color", "instances", "evaluate")
    return {"version": "2.0", "labels": [dict(zip(keys, entry), readable=entry[0]) for entry in CLASSES]}


def categories() -> list[dict[str, object]]:
    """Those of the panoptic JSON: its ids are others than the values in the maps, and void has none."""
    return [{"id": label * 10 + 1, "name": entry[0]} for label, entry in enumerate(CLASSES) if entry[3]]


def maps(folder: Path, name: str, rng: np.random.Generator) -> dict[str, object]:
    """Writes the maps of one image; the entry of the panoptic JSON."""
    labels = np.repeat(rng.choice([ROAD, SKY, VOID], (HEIGHT // 4, WIDTH)), 4, axis=0)
    numbers = np.zeros_like(labels)
    labels.ravel()[:CARS], numbers.ravel()[:CARS] = CAR, np.arange(CARS)
    labels[9:12, 3:20], numbers[9:12, 3:20] = PERSON, np.arange(3, 20) // 10
    # Eight bits of number are all that this form has.
    small_folder.save(folder / "labels" / f"{name}.png", labels.astype(np.uint8))
    small_folder.save(folder / "instances" / f"{name}.png", (labels * 256 + numbers % 256).astype(np.uint16))
    ids, entries = np.zeros_like(labels), []
    pairs = np.unique(np.stack([labels, numbers])[:, labels != VOID], axis=1)
    for number, (label, instance) in enumerate(pairs.T.tolist()):
        region, identity = (labels == label) & (numbers == instance), 70000 + 13 * number
        ids[region] = identity
        crowd = int(label == PERSON and instance == 1)
        entry = {"id": identity, "category_id": label * 10 + 1, "area": int(region.sum()), "iscrowd": crowd}
        entries.append({**entry, "bbox": box(region)})
    rgb = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)
    small_folder.save(folder / "panoptic" / f"{name}.png", rgb)
    return {"image_id": name, "file_name": f"{name}.png", "segments_info": entries}


def box(region: np.ndarray) -> list[int]:
    """[x, y, width, height] of bool [H, W]."""
    rows, columns = np.nonzero(region)
    x, y = int(columns.min()), int(rows.min())
    return [x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y]
