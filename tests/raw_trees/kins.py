"""A fake KINS in its release of 2020: polygons, clusters of objects that hide one another, one wholly hidden."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 24, 60
FOLDERS = {
    "training": ("update_train_2020.json", ("000000", "000003")),
    "testing": ("update_test_2020.json", ("000000", "000001")),
}
CATEGORIES = ("cyclist", "pedestrian", "rider", "car", "tram", "truck", "van", "misc")
# (category, cluster, place, whole box, boxes that are seen); a box is (left, top, right, bottom).
OBJECTS = (
    (4, 1, 1, (2, 4, 14, 16), ((2, 4, 14, 16),)),
    (4, 1, 2, (8, 2, 26, 14), ((8, 2, 26, 4), (14, 4, 26, 14))),
    (2, 1, 2, (4, 6, 8, 12), ()),
    (1, 0, 0, (40, 4, 46, 20), ((40, 4, 46, 20),)),
)


def make(folder: Path) -> Path:
    """Writes the tree and returns the data_dir."""
    for name, (file, keys) in FOLDERS.items():
        images = []
        for identity, key in enumerate(keys):
            (folder / name / "image_2").mkdir(parents=True, exist_ok=True)
            pixels = np.random.default_rng(identity).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / "image_2" / f"{key}.png")
            images.append({"id": identity, "file_name": f"{key}.png", "height": HEIGHT, "width": WIDTH})
        made = [annotation(number, identity) for identity in range(len(keys)) for number in range(len(OBJECTS))]
        categories = [{"id": each, "name": kind, "supercategory": "any"} for each, kind in enumerate(CATEGORIES, 1)]
        content = {"images": images, "annotations": made, "categories": categories}
        (folder / file).write_text(json.dumps(content))
    return folder


def annotation(number: int, image_id: int) -> dict[str, object]:
    """One of OBJECTS."""
    category, cluster, place, whole, seen = OBJECTS[number]
    return {
        "id": image_id * len(OBJECTS) + number,
        "image_id": image_id,
        "category_id": category,
        "iscrowd": 0,
        "oco_id": cluster,
        "ico_id": place,
        "a_segm": [polygon(whole)],
        "a_area": area(whole),
        "a_bbox": [whole[0], whole[1], whole[2] - whole[0], whole[3] - whole[1]],
        "i_segm": [polygon(box) for box in seen],
        "i_area": sum(map(area, seen)),
        "i_bbox": extent(seen) if seen else [0, 0, 0, 0],
    }


def polygon(box: tuple[int, int, int, int]) -> list[int]:
    """Its corners, x and y by turns."""
    left, top, right, bottom = box
    return [left, top, right, top, right, bottom, left, bottom]


def area(box: tuple[int, int, int, int]) -> int:
    """Its pixels."""
    return (box[2] - box[0]) * (box[3] - box[1])


def extent(boxes: tuple[tuple[int, int, int, int], ...]) -> list[int]:
    """[x, y, width, height] around all."""
    lefts, tops, rights, bottoms = zip(*boxes)
    return [min(lefts), min(tops), max(rights) - min(lefts), max(bottoms) - min(tops)]
