"""A fake OpenSurfaces release: its JSON files and the photos; `make_labels` adds what its script renders."""

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

from seg_models.raw import category_table

HEIGHT, WIDTH = 20, 30
# Keys of materials are not in alphabetical order; the last one was voted down.
KNOWN = [category.name for category in category_table.read("open_surfaces_45").categories]
MATERIALS = dict(zip(range(100, 55, -1), KNOWN))
NAMES = {7: "Chair", 3: "Wall", 9: "Floor"}
CHAIR, FLOOR, WALL = 1, 2, 3
BRICK, WOOD_PAINTED = 100, 56
PHOTOS = (11, 12, 13, 104, 105)


def make(folder: Path) -> Path:
    """Writes five photos with shapes, one without and one that is synthetic."""
    rng = np.random.default_rng(45)
    (folder / "photos").mkdir(parents=True)
    photos = [_photo(key) for key in (*PHOTOS, 200)] + [_photo(201, special=True)]
    shapes = []
    for key in (*PHOTOS, 201):
        pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / f"{key}.jpg")
        # The wall covers all; the chair, of fewer vertices, is drawn over it.
        shapes += [
            _shape(key * 10, key, (WOOD_PAINTED, 7), [(0.2, 0.2), (0.6, 0.2), (0.6, 0.8)], [(0, 1, 2)]),
            _shape(key * 10 + 1, key, (BRICK, 3), [(0, 0), (1, 0), (1, 1), (0, 1)], [(0, 1, 2), (0, 2, 3)]),
            _shape(key * 10 + 2, key, (None, 9), [(0, 0.9), (1, 0.9), (1, 1)], [(0, 1, 2)], good=key != 12),
        ]
    release = folder / "opensurfaces"
    _write(release / "photos.photo.json", photos)
    _write(release / "shapes.materialshape.json", shapes)
    substances = [_entry(key, name=name, fail=False) for key, name in MATERIALS.items()]
    _write(release / "shapes.shapesubstance.json", [*substances, _entry(1, name="Air", fail=True)])
    _write(release / "shapes.shapename.json", [_entry(key, name=name, fail=False) for key, name in NAMES.items()])
    return folder


def make_labels(folder: Path) -> Path:
    """Adds maps as the script renders them, here as large as the photos, and their tables."""
    rng = np.random.default_rng(46)
    (folder / "photos-labels").mkdir()
    for key in PHOTOS:
        colors = rng.integers(0, (46, 4, 1), (HEIGHT, WIDTH, 3), np.uint8) + np.array([0, 0, 5], np.uint8)
        Image.fromarray(colors).save(folder / "photos-labels" / f"{key}.png")
    for table, columns, names in (
        ("substance", ("substance_id", "substance_name", "red_color"), sorted(MATERIALS.values())),
        ("name", ("name_id", "name_name", "green_color"), sorted(NAMES.values())),
    ):
        with open(folder / f"label-{table}-colors.csv", "w", newline="") as file:
            csv.writer(file).writerows([columns, *((0, name, value) for value, name in enumerate(names, 1))])
    return folder


def _photo(key: int, special: bool = False) -> dict:
    fields = {"aspect_ratio": WIDTH / HEIGHT, "scene_category": 1, "scene_category_correct": True, "special": special}
    return _entry(key, **fields)


def _shape(
    key: int, photo: int, kinds: tuple[int | None, int], vertices: list, triangles: list, good: bool = True
) -> dict:
    return _entry(
        key,
        photo=photo,
        substance=kinds[0],
        name=kinds[1],
        vertices=",".join(str(number) for vertex in vertices for number in vertex),
        triangles=",".join(str(corner) for triangle in triangles for corner in triangle),
        num_vertices=len(vertices),
        high_quality=good,
        special=False,
    )


def _entry(key: int, **fields: object) -> dict:
    return {"pk": key, "model": "", "fields": fields}


def _write(path: Path, entries: list) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(entries))
