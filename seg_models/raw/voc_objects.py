"""Objects as PASCAL VOC and SBD have them: a map of numbers, 255 at borders; the semantic map tells their classes."""

import dataclasses

import numpy as np

from seg_models import dataset, errors, image_files, labels
from seg_models.raw import matlab

BORDER = 255
# In Example.maps, where the source's own map is not what `identities` makes of the others.
MAP = "objects"


def annotated(
    example: dataset.Example, numbers: np.ndarray, path: str, categories: dict[int, int] | None = None
) -> dataset.Example:
    """An example with its objects.

    Args:
      example: has its semantic map.
      numbers: int32 [H, W], 0 is none, 255 the border.
      path: named in findings.
      categories: number -> train id, where the source tells; otherwise the class of most of an object's pixels.
    """
    void = example.semantic == dataset.VOID
    pixels = np.bincount((numbers * 256 + example.semantic).ravel(), minlength=65536).reshape(256, 256)
    # The class of each number; an object without pixels of its class has none.
    own, objects, findings = np.full(256, dataset.VOID, np.uint8), [], []
    for number in (np.flatnonzero(pixels[1:BORDER].any(axis=1)) + 1).tolist():
        row = pixels[number]
        things = row[1 : dataset.VOID]
        category = categories[number] if categories else int(things.argmax()) + 1
        others = int(row[: dataset.VOID].sum() - row[category])
        if others:
            told = f"object {number} has {others} pixels of other classes than {category}, its own, or background"
            findings.append(dataset.Finding("category", f"{path}: {told}; {int(row[category])} are left to it."))
        if row[category]:
            own[number] = category
            mask = numbers == number if others else None
            objects.append(dataset.Object(category, number, mask=mask, source_id=number))
    told = own[numbers]
    instance = np.where((told != dataset.VOID) & (void | (told == example.semantic)), numbers, 0)
    done = dataclasses.replace(
        example, instance=instance, objects=tuple(objects), findings=(*example.findings, *findings)
    )
    if not np.array_equal(identities(done, void), numbers):
        done = dataclasses.replace(done, maps={**done.maps, MAP: numbers})
    return done


def identities(example: dataset.Example, void: np.ndarray) -> np.ndarray:
    """The source's map of objects, int32 [H, W]; `void` is bool [H, W]."""
    if MAP in example.maps:
        return example.maps[MAP].astype(np.int32)
    return np.where(void & (example.instance == 0), BORDER, example.instance).astype(np.int32)


def sbd(example: dataset.Example, item: dataset.Item, info: dataset.DatasetInfo) -> dataset.Example:
    """An example with SBD's annotation: classes, objects and their categories; the boundaries of each go to `maps`.

    Args:
      example: its image alone.
      item: with the roles "image", "class" and "instance".
      info: of the data set.

    Raises:
      DataError: a file is broken, lacks a field, has another size than the image, or objects that it does not list.
    """
    class_path, instance_path = item.path("class"), item.path("instance")
    classes = matlab.field(matlab.read(class_path), "GTcls", class_path)
    things = matlab.field(matlab.read(instance_path), "GTinst", instance_path)
    raw = _map(classes, "Segmentation", class_path)
    numbers = _map(things, "Segmentation", instance_path)
    for values, path in ((raw, class_path), (numbers, instance_path)):
        image_files.check_same_size(values, example.height, example.width, path, item.path("image"))
    listed = matlab.field(things, "Categories", instance_path).ravel().tolist()
    highest = int(numbers[numbers != BORDER].max(initial=0))
    if highest > len(listed):
        has = f"object {highest} has pixels, but Categories lists {len(listed)} objects"
        raise errors.DataError(f"{instance_path}: {has}.")
    if not all(category in info.thing_ids for category in listed):
        raise errors.DataError(
            f"{instance_path}: Categories is {listed}; expected classes 1..{info.num_categories - 1}."
        )
    example = labels.annotated(example, labels.of(raw, info, class_path))
    maps = {
        **{
            f"boundaries/class/{index}": _edges(classes, index, class_path)
            for index in example.raw_histogram
            if 0 < index < BORDER
        },
        **{f"boundaries/object/{index}": _edges(things, index, instance_path) for index in range(1, len(listed) + 1)},
    }
    example = dataclasses.replace(example, maps=maps)
    return annotated(example, numbers, instance_path, dict(enumerate(map(int, listed), 1)))


def _map(struct: np.ndarray, name: str, path: str) -> np.ndarray:
    return matlab.label_map(matlab.field(struct, name, path), f"{path}: {name}")


def _edges(struct: np.ndarray, number: int, path: str) -> np.ndarray:
    """uint8 [H, W], 1 on the boundary of a class or object, counted from 1."""
    cells = matlab.field(struct, "Boundaries", path)
    if number > cells.size:
        raise errors.DataError(f"{path}: Boundaries has {cells.size} maps; expected one for each, {number} at least.")
    return matlab.label_map(cells.ravel()[number - 1], f"{path}: Boundaries {number}").astype(np.uint8)
