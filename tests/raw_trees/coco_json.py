"""Fake exports of the user's own: split as Roboflow does it; the other layouts are made by tests/test_coco_json.py."""

from pathlib import Path

import numpy as np

from tests.raw_trees import coco

CATEGORIES = [
    {"id": 0, "name": "cells", "supercategory": "none"},
    {"id": 7, "name": "nucleus", "supercategory": "cells"},
    {"id": -1, "name": "debris, other", "supercategory": "cells"},
    {"id": 3, "name": "nucleus", "supercategory": "cells", "color": "#0a0b0c"},
]
REAL = {
    "data_dir": "coco_instances",
    "annotations": "annotations/instances_train2017.json",
    "images": "train2017",
    "eval_fraction": 0.1,
}


def make(folder: Path) -> Path:
    """Writes three training, two validation images and a test image; file names are the same in each split."""
    rng = np.random.default_rng(3)
    for split, count in (("train", 3), ("valid", 2), ("test", 1)):
        numbers = range(count)
        names = [f"slide {number % 2}/é {number}.rf.jpg" for number in numbers]
        images = [{"id": f"{number}", "file_name": name} for number, name in zip(numbers, names)]
        for name in names:
            coco.save_image(folder / split / name, rng)
        annotations = [entry for number in numbers for entry in annotations_of(number)]
        content = {"images": images, "categories": CATEGORIES, "annotations": annotations}
        coco.write(folder / split / "_annotations.coco.json", content)
    return folder


def annotations_of(number: int) -> list[dict]:
    """Two overlapping triangles and 300 cells of two pixels; no areas, boxes or crowd flags."""
    triangles = [[0, 14, 20, 14, 20, 24], [10, 14, 31, 14, 31, 24, 10, 24]]
    masks = [[triangle] for triangle in triangles]
    for place in range(150):
        x, y = place % 15 * 2, place // 15
        masks += [[[x, y, x + 1, y, x + 1, y + 1, x, y + 1]], [[x + 1, y, x + 2, y, x + 2, y + 1, x + 1, y + 1]]]
    ids = [entry["id"] for entry in CATEGORIES[1:]]
    return [
        {"id": number * 1000 + place, "image_id": f"{number}", "category_id": ids[place % 3], "segmentation": mask}
        for place, mask in enumerate(masks)
    ]
