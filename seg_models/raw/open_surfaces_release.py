"""The JSON files of the OpenSurfaces release: photos, the shapes annotated in them, and what shapes are called."""

import dataclasses
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from seg_models import errors, raw_files

PHOTOS, SHAPES = "photos.photo.json", "shapes.materialshape.json"
# What a shape is made of, and of what object it is part.
KINDS = {"substance": "shapes.shapesubstance.json", "name": "shapes.shapename.json"}


@dataclasses.dataclass(frozen=True)
class Shape:
    """One annotated surface; `vertices` in fractions of the photo, `triangles` of places in them."""

    substance: int | None
    name: int | None
    vertices: tuple[tuple[float, float], ...]
    triangles: tuple[tuple[int, int, int], ...]


def names(folder: Path, kind: str) -> dict[int, tuple[int, str]]:
    """Key of a substance or name -> (its value in the maps, it), for those that the annotators' votes have kept.

    The value is the place in alphabetical order, from 1, as in the maps that the release's own script renders.
    """
    path = folder / KINDS[kind]
    return _names(path, raw_files.stamp(path))


def photos(folder: Path) -> Iterator[tuple[int, bytes]]:
    """(key, JSON of the photo and its shapes) of the photos that the release's own script takes and that have shapes.

    Those are real ones of a scene that the annotators agreed on; shapes are real ones of high quality, in the order in
    which they are drawn: the more vertices, the earlier.
    """
    path = folder / SHAPES
    by_photo: dict[int, list[dict]] = {}
    for shape in sorted(_entries(path), key=lambda each: -_field(each, "num_vertices", path)):
        if _field(shape, "high_quality", path) and not _field(shape, "special", path):
            by_photo.setdefault(_field(shape, "photo", path), []).append(shape)
    path = folder / PHOTOS
    for photo in _entries(path):
        shapes = by_photo.get(photo["pk"])
        if shapes and _field(photo, "scene_category_correct", path) and not _field(photo, "special", path):
            yield photo["pk"], json.dumps({"photo": photo, "shapes": shapes}).encode()


def parse(annotation: bytes, key: str) -> tuple[float, tuple[Shape, ...]]:
    """(width / height of the photo, its shapes) out of what `photos` gave."""
    content = json.loads(annotation)
    try:
        shapes = tuple(_shape(shape["fields"]) for shape in content["shapes"])
        return float(content["photo"]["fields"]["aspect_ratio"]), shapes
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise errors.DataError(
            f"{key}: a shape or the photo is not as published; expected `vertices` x1,y1,x2,y2..., `triangles` of "
            f"places in them, `substance`, `name` and `aspect_ratio` ({type(error).__name__}: {error})."
        ) from None


def draw(shapes: tuple[Shape, ...], height: int, width: int) -> np.ndarray:
    """int32 [H, W]: the place from 1 of the shape that is drawn last, 0 where there is none."""
    canvas = Image.new("I", (width, height))
    pen = ImageDraw.Draw(canvas)
    for place, shape in enumerate(shapes, 1):
        # Whole pixels towards the corner, as the release's own script has them.
        pixels = [(int(x * width), int(y * height)) for x, y in shape.vertices]
        for triangle in shape.triangles:
            pen.polygon([pixels[corner] for corner in triangle], fill=place)
    return np.asarray(canvas, np.int32)


def _shape(fields: dict[str, Any]) -> Shape:
    numbers = [float(number) for number in fields["vertices"].split(",")]
    corners = [int(number) for number in fields["triangles"].split(",")]
    vertices = tuple(zip(numbers[::2], numbers[1::2]))
    triangles = tuple(zip(corners[::3], corners[1::3], corners[2::3]))
    if corners and not 0 <= min(corners) <= max(corners) < len(vertices):
        raise IndexError(f"{len(vertices)} vertices, a triangle names number {max(corners)}")
    return Shape(fields["substance"], fields["name"], vertices, triangles)


@functools.lru_cache(maxsize=8)
def _names(path: Path, stamp: tuple[int, int]) -> dict[int, tuple[int, str]]:
    """Read again only when the file changed: every photo asks for them."""
    kept = [(_field(each, "name", path), each["pk"]) for each in _entries(path) if not _field(each, "fail", path)]
    return {key: (value, text) for value, (text, key) in enumerate(sorted(kept, key=lambda pair: pair[0]), 1)}


def _entries(path: Path) -> list[dict]:
    """The entries, each with `pk` and `fields`, of a JSON file."""
    content = raw_files.json(path)
    if not isinstance(content, list) or not all(map(_is_entry, content)):
        raise errors.UserError(f"{path}: not of the OpenSurfaces release; expected a list of entries: pk and fields.")
    return content


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("pk"), int) and isinstance(entry.get("fields"), dict)


def _field(entry: dict, name: str, path: Path) -> Any:
    try:
        return entry["fields"][name]
    except KeyError:
        raise errors.UserError(f"{path}: entry {entry['pk']} has no field `{name}`. Get the release again.") from None
