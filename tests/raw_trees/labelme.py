"""A fake folder of labelme: every type of shape, groups, void, images beside the JSON, in it, and elsewhere."""

import base64
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

REAL = {"data_dir": "labelme_voc/instance_segmentation"}
HEIGHT, WIDTH = 40, 60
LABELS = ("__ignore__", "_background_", "car", "person", "road")
FIELDS = {"things": ("car", "person")}
KEYS = ("a", "b", "below/c", "d", "ü")


def make(folder: Path) -> Path:
    """Writes the JSON files and images and returns the data_dir."""
    (folder / "data_annotated" / "below").mkdir(parents=True)
    (folder / "labels.txt").write_text("\n".join(LABELS) + "\n")
    for index, key in enumerate(KEYS):
        pixels = np.random.default_rng(index).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        content = annotation(f"{key.rpartition('/')[2]}.png", shapes() if key != "d" else many())
        if key == "b":
            content["imageData"] = in_base64(pixels)
        elif key == "below/c":
            content["imagePath"] = "..\\..\\pictures\\c.png"
            (folder / "pictures").mkdir()
            Image.fromarray(pixels).save(folder / "pictures" / "c.png")
        else:
            Image.fromarray(pixels).save(folder / "data_annotated" / f"{key}.png")
        (folder / "data_annotated" / f"{key}.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return folder


def annotation(image_path: str, several: list[dict[str, object]]) -> dict[str, object]:
    """A file's content."""
    return {
        "version": "5.5.0",
        "flags": {},
        "shapes": several,
        "imagePath": image_path,
        "imageData": None,
        "imageHeight": HEIGHT,
        "imageWidth": WIDTH,
    }


def shape(label: str, points: list[list[float]], kind: str = "polygon", group: int | None = None) -> dict[str, object]:
    """One shape; without a type where it is an old polygon."""
    made = {"label": label, "points": points, "group_id": group, "shape_type": kind, "flags": {}}
    return {name: value for name, value in made.items() if name != "shape_type" or value}


def shapes() -> list[dict[str, object]]:
    """One of every type, the later above the earlier."""
    part = np.zeros((5, 7), np.uint8)
    part[1:4, 2:6] = 255
    return [
        shape("road", [[0.0, 30.0], [59.0, 30.0], [59.0, 39.0], [0.0, 39.0]], ""),
        shape("car", [[20.0, 20.0], [4.0, 10.0]], "rectangle", group=7),
        shape("person", [[40.0, 12.0], [46.0, 12.0]], "circle"),
        shape("car", [[24.0, 14.0], [30.0, 14.0], [30.0, 20.0], [24.0, 20.0]], group=7),
        shape("person", [[2.0, 4.0], [30.0, 4.0]], "line"),
        shape("road", [[55.0, 2.0], [55.0, 20.0], [50.0, 25.0]], "linestrip"),
        shape("person", [[10.0, 33.0]], "point"),
        shape("__ignore__", [[14.0, 14.0], [26.0, 17.0]], "rectangle"),
        shape("car", [[30.0, 32.0], [36.0, 36.0]], "mask") | {"mask": in_base64(part)},
    ]


def many() -> list[dict[str, object]]:
    """300 cars of four pixels."""
    corners = [(2 * x, 2 * y) for y in range(10) for x in range(30)]
    return [shape("car", [[x, y], [x + 1, y + 1]], "rectangle") for x, y in corners]


def in_base64(pixels: np.ndarray) -> str:
    """A PNG as text."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()
