"""A fake COCO panoptic set: ids of three bytes, a crowd, void, the maps of one split zipped, a test split."""

import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from seg_models.raw import category_table
from tests.raw_trees import coco

TABLE = category_table.read("coco_panoptic")
CATEGORIES = [
    {"id": raw, "name": category.name, "isthing": int(category.is_thing), "color": category.color}
    for (raw, _), category in zip(TABLE.raw_values[1:], TABLE.categories)
]
REAL = {
    "data_dir": "coco_stuff_panoptic",
    "annotations": "annotations/panoptic_train.json",
    "images": "../coco_stuff/train_img",
}
# Segment ids, categories and crowd flags: sky, grass, a person, a crowd of persons, a dog.
SEGMENTS = ((3226956, 187, 0), (1, 193, 0), (256, 1, 0), (65536, 1, 1), (16777215, 18, 0))


def make(folder: Path) -> Path:
    """Writes three training, two validation and two test images."""
    rng = np.random.default_rng(18)
    for name, first, count in (("train2017", 1, 3), ("val2017", 101, 2), ("test2017", 201, 2)):
        images = [coco.image(number) for number in range(first, first + count)]
        for entry in images:
            coco.save_image(folder / name / entry["file_name"], rng)
        if name == "test2017":
            continue
        annotations = []
        for entry in images:
            ids = np.roll(id_map(), entry["id"], axis=1)
            save_ids(folder / "annotations" / f"panoptic_{name}" / f"{entry['id']:012d}.png", ids)
            annotations.append(annotation(entry["id"], ids))
        content = {"images": images, "annotations": annotations[::-1], "categories": CATEGORIES}
        coco.write(folder / "annotations" / f"panoptic_{name}.json", content)
    zip_folder(folder / "annotations" / "panoptic_train2017")
    return folder


def id_map() -> np.ndarray:
    """Segment ids, int64 [H, W]: sky above grass, three things, void below."""
    ids = np.zeros((coco.HEIGHT, coco.WIDTH), np.int64)
    ids[:10], ids[10:20] = SEGMENTS[0][0], SEGMENTS[1][0]
    ids[6:16, 3:9], ids[12:, 16:28], ids[14:18, 10:14] = (each[0] for each in SEGMENTS[2:])
    return ids


def annotation(number: int, ids: np.ndarray) -> dict:
    """The entry of an image in `annotations`."""
    segments = []
    for identity, category, is_crowd in SEGMENTS:
        rows, columns = np.nonzero(ids == identity)
        x, y = int(columns.min()), int(rows.min())
        box = [x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y]
        segments.append(
            {"id": identity, "category_id": category, "iscrowd": is_crowd, "bbox": box, "area": int(rows.size)}
        )
    return {"segments_info": segments, "file_name": f"{number:012d}.png", "image_id": number}


def save_ids(path: Path, ids: np.ndarray) -> None:
    """Writes segment ids [H, W] as an RGB PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.stack([ids & 255, ids >> 8 & 255, ids >> 16], -1).astype(np.uint8)).save(path)


def zip_folder(folder: Path) -> None:
    """Puts a folder into the zip file of its name, and removes it."""
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder.parent))
                path.unlink()
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir()
    folder.rmdir()
