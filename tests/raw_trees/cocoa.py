"""A fake COCO amodal: a file a split, regions before one another, stuff, one wholly hidden, an image with 312."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask

REAL = {"data_dir": "cocoa_amodal"}
HEIGHT, WIDTH = 40, 48
YEARS = {"train": "train2014", "val": "val2014", "test": "test2014"}
# (top, bottom, left, right), nearest first: the third is half behind the first, the fourth wholly behind the second.
BOXES = ((4, 12, 4, 16), (14, 30, 20, 40), (4, 12, 10, 22), (18, 26, 24, 36), (28, 40, 0, 48))


def make(folder: Path) -> Path:
    """Writes the tree and returns the data_dir."""
    for place, (name, year) in enumerate(YEARS.items()):
        identities = [100 + 10 * place + index for index in (2, 0)]
        boxes = {identity: BOXES for identity in identities}
        if name == "train":
            boxes[identities[0]] = tuple((2 * y, 2 * y + 2, 2 * x, 2 * x + 2) for y in range(13) for x in range(24))
        images = [save_image(folder / year, f"COCO_{year}_{each:012d}.jpg", each) for each in identities]
        made = [annotation(each, boxes[each], f"author_{each}") for each in reversed(identities)]
        content = {"images": images, "annotations": made, "info": {"year": 2014}, "licenses": []}
        (folder / "annotations").mkdir(exist_ok=True)
        (folder / "annotations" / f"COCO_amodal_{year}.json").write_text(json.dumps(content))
    return folder


def save_image(folder: Path, name: str, identity: int) -> dict[str, object]:
    """Writes an image and returns its entry."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(identity).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    Image.fromarray(pixels).save(folder / name)
    return {"id": identity, "file_name": name, "height": HEIGHT, "width": WIDTH, "license": "?"}


def annotation(image_id: int, boxes: tuple[tuple[int, int, int, int], ...], author: str) -> dict[str, object]:
    """One person's regions of an image; the last is stuff."""
    seen = np.zeros((HEIGHT, WIDTH), bool)
    regions = []
    for order, (top, bottom, left, right) in enumerate(boxes, 1):
        whole = np.zeros((HEIGHT, WIDTH), bool)
        whole[top:bottom, left:right] = True
        hidden = whole & seen
        region = {
            "segmentation": [float(each) for each in (left, top, right, top, right, bottom, left, bottom)],
            "name": f"thing {order} ",
            "area": int(whole.sum()),
            "isStuff": int(order == len(boxes)),
            "occlude_rate": float(hidden.sum() / whole.sum()),
            "order": order,
        }
        if hidden.any():
            region |= {"visible_mask": runs(whole & ~seen), "invisible_mask": runs(hidden)}
        seen |= whole
        regions.append(region)
    return {"author": author, "image_id": image_id, "regions": regions, "size": len(regions), "depth_constraint": "1-3"}


def runs(mask: np.ndarray) -> dict[str, object]:
    """Compressed run lengths."""
    encoded = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(mask.shape), "counts": encoded["counts"].decode()}
