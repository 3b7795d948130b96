"""The shapes of a labelme JSON as masks, pixel by pixel as labelme itself draws them when it exports."""

import base64
import binascii
import math

import numpy as np
from PIL import Image, ImageDraw

from seg_models import errors, image_files, places

# labelme's own sizes, in pixels: lines are that wide, a point is a disc of that radius.
LINE_WIDTH = 10
POINT_RADIUS = 5
# Points that a type of shape needs: exactly, or at least.
EXACTLY = {"circle": 2, "rectangle": 2, "line": 2, "point": 1, "mask": 2}
AT_LEAST = {"polygon": 3, "linestrip": 2}
# Image sides that a point may lie outside the image.
FARTHEST = 10


def draw(shape: dict[str, object], height: int, width: int, where: str) -> places.Part:
    """The pixels of a shape, bool.

    Args:
      shape: with `points` and `shape_type`; without a type it is a polygon.
      height, width: of the image.
      where: named in errors.

    Raises:
      DataError: the type is unknown, or the points or the mask are malformed.
    """
    kind = shape.get("shape_type") or "polygon"
    points = _points(shape, kind, height, width, where)
    if kind == "mask":
        return _pasted(shape, points, height, width, where)
    # Of mode "1" PIL packs and unpacks every pixel on the way to numpy.
    canvas = Image.new("L", (width, height))
    pen = ImageDraw.Draw(canvas)
    if kind == "polygon":
        pen.polygon(points, fill=1, outline=1)
    elif kind in ("line", "linestrip"):
        pen.line(points, fill=1, width=LINE_WIDTH)
    elif kind == "rectangle":
        (x1, y1), (x2, y2) = points
        pen.rectangle((min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)), fill=1, outline=1)
    else:
        x, y = points[0]
        radius = POINT_RADIUS if kind == "point" else math.dist(*points)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1, outline=1)
    part = places.part_of(np.asarray(canvas))
    return part._replace(values=part.values.astype(bool))


def _points(shape: dict[str, object], kind: object, height: int, width: int, where: str) -> list[tuple[float, float]]:
    if kind not in (*EXACTLY, *AT_LEAST):
        known = ", ".join((*AT_LEAST, *EXACTLY))
        raise errors.DataError(f"{where}: the `shape_type` {kind!r} is unknown; known: {known}.")
    try:
        points = [(float(x), float(y)) for x, y in shape["points"]]
    except (KeyError, TypeError, ValueError):
        raise errors.DataError(
            f"{where}: `points` is {str(shape.get('points'))[:60]}; expected pairs [x, y]."
        ) from None
    exactly = EXACTLY.get(kind)
    if len(points) < AT_LEAST.get(kind, 0) or len(points) != (exactly or len(points)):
        needed = exactly or f"at least {AT_LEAST[kind]}"
        raise errors.DataError(f"{where}: a {kind} has {len(points)} points; expected {needed}.")
    for x, y in points:
        if not (abs(x) <= FARTHEST * width and abs(y) <= FARTHEST * height):
            raise errors.DataError(f"{where}: the point ({x:g}, {y:g}) is far outside the {width}x{height} pixels.")
    return points


def _pasted(
    shape: dict[str, object], points: list[tuple[float, float]], height: int, width: int, where: str
) -> places.Part:
    """A shape that is a small picture, PNG in base64, between its first and its second point."""
    try:
        encoded = base64.b64decode(shape["mask"], validate=True)
    except (KeyError, TypeError, binascii.Error):
        raise errors.DataError(f"{where}: `mask` is no picture in base64.") from None
    part = image_files.decode(encoded, f"{where}: mask")
    (left, top), (right, bottom) = ((int(x), int(y)) for x, y in points)
    rows, columns = bottom + 1 - top, right + 1 - left
    if part.shape != (rows, columns) or top < 0 or left < 0 or bottom >= height or right >= width:
        size = "x".join(str(side) for side in reversed(part.shape))
        raise errors.DataError(
            f"{where}: the mask is {size}, its place ({left}, {top}) to ({right}, {bottom}) is {columns}x{rows} in an "
            f"image of {width}x{height}; expected the same size, inside the image."
        )
    return places.Part((slice(top, bottom + 1), slice(left, right + 1)), part.astype(bool))
