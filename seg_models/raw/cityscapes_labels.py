"""The labels of Cityscapes, which other street scenes share, and its polygons painted as its publishers paint them."""

import json

import numpy as np
from PIL import Image, ImageDraw

from seg_models import dataset, errors, registry
from seg_models.raw import category_table, instance_values

# Ids of the 19 classes that the benchmark counts, in the order of their train ids.
TRAINED = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
CLASSES = ("19", "34")
# Has no id: what is behind a plate, the vehicle, is what the maps show.
NOT_PAINTED = "license plate"
GROUP = "group"
UNLABELLED = 0
# Unlabelled, ego vehicle, rectification border and out of roi: all that maps of withheld annotations hold.
DUMMIES = (0, 1, 2, 3)


def check(classes: str) -> None:
    """Raises UserError where the setting `classes` is none."""
    if classes not in CLASSES:
        raise errors.UserError(f"`classes`: {registry.unknown('the choices of classes', classes, CLASSES)}")


def table(classes: str) -> category_table.Table:
    """The classes.

    Args:
      classes: "19": those that the benchmark counts, the other ids being void; "34": every id is a class of its own,
        "unlabeled" included, so that train ids are the official ids.
    """
    every = category_table.read("cityscapes")
    if classes == "34":
        return every
    train_ids = {label: train_id for train_id, label in enumerate(TRAINED)}
    categories = tuple(every.categories[label] for label in TRAINED)
    return category_table.Table(categories, tuple((label, train_ids.get(label)) for label, _ in every.raw_values))


def of_train_ids() -> category_table.Table:
    """The 19 classes, in maps that hold their train ids; 255 is void."""
    categories = table("19").categories
    counted = tuple((train_id, train_id) for train_id in range(len(categories)))
    return category_table.Table(categories, (*counted, (dataset.VOID, None)))


def painted(annotation: bytes, height: int, width: int, path: str) -> np.ndarray:
    """The polygons of one image painted as the official scripts do, later over earlier: their instance map.

    Args:
      annotation: JSON text of a *_polygons.json.
      height, width: of the image.
      path: of the file, named in errors.

    Returns:
      int32 [H, W]: id * 1000 + number for instances, counted from 0 within a class whether seen or not; the id for
      other regions and for groups of instances; 0 for what nobody labelled.

    Raises:
      DataError: not of the format, of another size, or a label is unknown.
    """
    try:
        content = json.loads(annotation)
        size, objects = (content["imgWidth"], content["imgHeight"]), content["objects"]
        outlines = [(entry["label"], entry["polygon"]) for entry in objects if not entry.get("deleted", 0)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.DataError(
            f"{path}: no polygons of Cityscapes ({type(error).__name__}: {error}); expected JSON with imgWidth, "
            "imgHeight and objects, each with label and polygon. Get the file again."
        ) from None
    if size != (width, height):
        raise errors.DataError(f"{path}: polygons for an image of {size[0]}x{size[1]}; the image is {width}x{height}.")
    canvas = Image.new("I", size, UNLABELLED)
    drawer, counts = ImageDraw.Draw(canvas), {}
    for label, outline in outlines:
        value = _value(label, counts, path)
        if value is not None:
            try:
                drawer.polygon([(x, y) for x, y in outline], fill=value)
            except (TypeError, ValueError) as error:
                raise errors.DataError(f"{path}: a polygon of `{label}` cannot be painted ({error}).") from None
    return np.asarray(canvas).astype(np.int32)


def _value(label: str, counts: dict[str, int], path: str) -> int | None:
    """The value to paint a polygon with, None for those that are not; counts the instances of each class."""
    categories = category_table.read("cityscapes").categories
    ids = {category.name: index for index, category in enumerate(categories)}
    if label == NOT_PAINTED:
        return None
    # Only what is no label itself is a group: there is a label "polegroup".
    is_group = label not in ids and label.endswith(GROUP)
    name = label.removesuffix(GROUP) if is_group else label
    if name == NOT_PAINTED:
        return None
    if name not in ids:
        raise errors.DataError(f"{path}: {registry.unknown('the labels of Cityscapes', label, ids)}")
    if is_group or not categories[ids[name]].is_thing:
        return ids[name]
    counts[name] = counts.get(name, -1) + 1
    return ids[name] * instance_values.CITYSCAPES.divisor + counts[name]
