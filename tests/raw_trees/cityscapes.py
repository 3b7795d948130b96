"""Cityscapes with fine annotation, as published: images, label and instance maps, polygons; a test split of dummies."""

import json
from pathlib import Path

import numpy as np

from tests import small_folder

REAL = {"data_dir": "layout_fixtures/cityscapes_dataset/dataset"}
HEIGHT, WIDTH = 16, 32
OUT_OF_ROI, ROAD, BUILDING, PERSON, CAR, CARAVAN = 3, 7, 11, 24, 26, 29


def make(folder: Path) -> Path:
    """Two images of train in different cities, two of val, one of test."""
    cities = (("train", "aachen", 1), ("train", "bochum", 1), ("val", "frankfurt", 2), ("test", "berlin", 1))
    for split, city, count in cities:
        for index in range(count):
            key = f"{split}/{city}/{city}_{index:06d}_000019"
            rng = np.random.default_rng([len(city), index])
            image(folder, key, rng)
            found = np.full((HEIGHT, WIDTH), OUT_OF_ROI) if split == "test" else values(rng)
            truth(folder / "gtFine", f"{key}_gtFine", found)
    return folder


def image(folder: Path, key: str, rng: np.random.Generator) -> None:
    """One image."""
    pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    small_folder.save(folder / "leftImg8bit" / f"{key}_leftImg8bit.png", pixels)


def truth(folder: Path, stem: str, instances: np.ndarray) -> None:
    """The files of one annotation, from its instance map [H, W]."""
    labels = np.where(instances < 1000, instances, instances // 1000).astype(np.uint8)
    small_folder.save(folder / f"{stem}_labelIds.png", labels)
    small_folder.save(folder / f"{stem}_instanceIds.png", instances.astype(np.uint16))
    text = json.dumps({"imgHeight": HEIGHT, "imgWidth": WIDTH, "objects": []})
    (folder / f"{stem}_polygons.json").write_text(text)


def values(rng: np.random.Generator) -> np.ndarray:
    """An instance map [H, W]: stuff, void, 280 cars of a pixel, a group of persons, and a caravan, void for 19."""
    found = np.repeat(rng.choice([0, OUT_OF_ROI, ROAD, BUILDING, 18, 23], (HEIGHT // 4, WIDTH)), 4, axis=0)
    found.ravel()[: 10 * WIDTH] = np.where(rng.random(10 * WIDTH) < 0.9, CAR * 1000 + np.arange(10 * WIDTH), ROAD)
    found[9:11, 2:9] = PERSON
    found[10:12, 12:20] = PERSON * 1000 + 5
    found[12:15, 20:30] = CARAVAN * 1000
    return found
