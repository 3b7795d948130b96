"""A fake COCO 2017: polygons, both kinds of run lengths, a crowd, overlaps, an image without objects, a test split."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask

from seg_models.raw import category_table

HEIGHT, WIDTH = 24, 32
CATEGORIES = [
    {"id": raw, "name": category.name, "supercategory": "any"}
    for (raw, _), category in zip(category_table.read("coco").raw_values, category_table.read("coco").categories)
]


def make(folder: Path) -> Path:
    """Writes three training, two validation and two test images."""
    rng = np.random.default_rng(17)
    (folder / "annotations").mkdir(parents=True)
    for name, first, count in (("train2017", 1, 3), ("val2017", 101, 2), ("test2017", 201, 2)):
        images = [image(number) for number in range(first, first + count)]
        for entry in images:
            save_image(folder / name / entry["file_name"], rng)
        content = {"info": {"year": 2017}, "licenses": [{"id": 1, "name": "any"}], "images": images}
        if name == "test2017":
            write(folder / "annotations" / f"image_info_{name}.json", {**content, "categories": CATEGORIES})
            continue
        # Of different images in turn, as in the published files; the last image has none.
        annotations = [entry for number in range(first, first + count - 1) for entry in annotations_of(number)]
        rng.shuffle(annotations)
        content |= {"annotations": annotations, "categories": CATEGORIES}
        write(folder / "annotations" / f"instances_{name}.json", content)
    return folder


def image(number: int) -> dict:
    """An entry of `images`."""
    name = f"{number:012d}.jpg"
    url = f"http://images.cocodataset.org/{name}"
    return {"license": 1, "file_name": name, "coco_url": url, "height": HEIGHT, "width": WIDTH, "id": number}


def annotations_of(number: int) -> list[dict]:
    """A dog before a couch, a person in compressed runs, one behind another wholly, and a crowd below them."""
    crowd, person, hidden = np.zeros((3, HEIGHT, WIDTH), bool)
    crowd[12:, :] = True
    person[2:9, 20:30] = True
    hidden[3:5, 21:24] = True
    compressed = coco_mask.encode(np.asfortranarray(person, np.uint8))
    compressed["counts"] = compressed["counts"].decode()
    entries = [
        {"category_id": 63, "segmentation": [[1, 4, 15, 4, 15, 20, 1, 20]], "area": 14 * 16, "bbox": [1, 4, 14, 16]},
        {"category_id": 18, "segmentation": [[3, 6, 9, 6, 9, 12], [10.5, 6, 12, 6, 12, 9]], "bbox": [3, 6, 9, 6]},
        {"category_id": 1, "segmentation": compressed, "area": int(person.sum()), "bbox": [20, 2, 10, 7]},
        {"category_id": 90, "segmentation": uncompressed(person & hidden), "area": 6, "bbox": [21, 3, 3, 2]},
        {"category_id": 90, "segmentation": uncompressed(hidden), "area": 6.0, "bbox": [21.0, 3.0, 3.0, 2.0]},
        {"category_id": 1, "segmentation": uncompressed(crowd), "area": int(crowd.sum()), "iscrowd": 1},
    ]
    entries[5]["bbox"] = [0, 12, WIDTH, 12]
    entries[1]["area"] = 20.25
    for place, entry in enumerate(entries):
        entry |= {"id": number * 1000 + place, "image_id": number, "iscrowd": entry.get("iscrowd", 0)}
    return entries


def uncompressed(mask: np.ndarray) -> dict:
    """The run lengths of a mask, bool [H, W], counted by hand along its columns."""
    values = mask.T.ravel()
    changes = np.flatnonzero(np.diff(values)) + 1
    runs = np.diff([0, *changes.tolist(), values.size]).tolist()
    return {"size": list(mask.shape), "counts": [0, *runs] if values[0] else runs}


def save_image(path: Path, rng: np.random.Generator) -> None:
    """Writes an image of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)).save(path)


def write(path: Path, content: object) -> None:
    """Writes a JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def change(folder: Path, changes: Callable[[dict], object], name: str = "instances_train2017") -> None:
    """Writes a JSON again, changed."""
    path = folder / "annotations" / f"{name}.json"
    content = json.loads(path.read_text())
    changes(content)
    write(path, content)


def first(content: dict, place: int) -> dict:
    """The annotation of the first image that `annotations_of` gives at some place."""
    return next(entry for entry in content["annotations"] if entry["id"] == 1000 + place)
