"""Images annotated with labelme: a JSON of shapes for each, drawn as labelme's own exports to VOC and COCO draw them.

    data_dir/labels.txt                        __ignore__ (void), _background_, then the classes
    data_dir/data_annotated/**/*.json          or in data_dir itself; images where `imagePath` says, or beside the JSON

Later shapes lie above earlier ones. Shapes of one label and one `group_id` are one object, others one each; an object's
number is the one that labelme gives it.
"""

import base64
import binascii
import dataclasses
import functools
import json
import posixpath
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, labels, places, raw_files, registry, value_tables
from seg_models.raw import hold_out, labelme_shapes, voc_tree

NAME = "labelme"
FOLDER = "data_annotated"
IGNORE, BACKGROUND = "__ignore__", "_background_"
ALL = "*"
SPLITS = ("train", "eval")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG", ".bmp", ".tif", ".tiff", ".webp")


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is, what is countable, how it is split.

    Attributes:
      data_dir: the folder with the JSON files, or the one above its folder data_annotated.
      labels: the file of class names in data_dir. Without it the names are those of all shapes, sorted, for which every
        worker reads every JSON once.
      things: the labels that are countable; `*`: all but _background_.
      eval_fraction: of the images; which ones depends on their keys alone.
    """

    data_dir: str = ""
    labels: str = "labels.txt"
    things: tuple[str, ...] = (ALL,)
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


def info(config: Config) -> dataset.DatasetInfo:
    """What the file of class names says, or the shapes."""
    names = _names(config)
    for thing in config.things:
        if thing not in (ALL, *names):
            raise errors.UserError(f"`things`: {registry.unknown('the labels', thing, names)}")
    categories = tuple(
        dataset.Category(
            name,
            voc_tree.color(index) if index < voc_tree.COLORS else dataset.palette_color(index),
            name in config.things or (ALL in config.things and name != BACKGROUND),
        )
        for index, name in enumerate(names)
    )
    void = dataset.VOID if len(names) <= dataset.VOID else dataset.VOID_16
    return dataset.DatasetInfo(
        name=NAME,
        categories=categories,
        raw_values=(*((index, index) for index in range(len(names))), (void, None)),
        splits=SPLITS,
        licence="The user's own",
        url="https://github.com/wkentaro/labelme",
        tasks=("semantic", "instance", "panoptic"),
    )


def found(config: Config) -> str:
    """Where the names come from."""
    root, folder = _folders(config)
    source = root / config.labels
    return f"labelme JSON in {folder}; classes of {source if raw_files.exists(source) else 'all shapes'}"


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The JSON files of a split; none is opened."""
    registry.check("the splits of labelme", split, SPLITS)
    _, folder = _folders(config)
    files = set(raw_files.walk(folder))
    keys = sorted(name.removesuffix(".json") for name in files if name.endswith(".json"))
    if not keys:
        raise errors.UserError(f"{folder}: no .json files in it or below; expected what labelme saves for each image.")
    every = []
    for key in keys:
        images = [f"{key}{suffix}" for suffix in IMAGE_SUFFIXES if f"{key}{suffix}" in files]
        paths = [("image", str(folder / name)) for name in images[:1]]
        every.append(dataset.Item(key, (*paths, ("annotations", str(folder / f"{key}.json")))))
    yield from hold_out.part(every, split, config.eval_fraction)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads a JSON and its image, and draws the shapes."""
    path = item.path("annotations")
    content = raw_files.json(path)
    if not isinstance(content, dict) or not isinstance(content.get("shapes"), list):
        raise errors.DataError(f"{path}: no `shapes` in it; expected what labelme saves for an image.")
    described = info(config)
    example = _image(config, item, content)
    raw, instance, objects = _drawn(content["shapes"], example, described, path)
    return dataclasses.replace(
        labels.annotated(example, labels.of(raw, described, path)),
        instance=instance,
        objects=objects,
        annotation=_annotation(content, path),
    )


def _drawn(
    shapes: list[object], example: dataset.Example, described: dataset.DatasetInfo, path: str
) -> tuple[np.ndarray, np.ndarray, tuple[dataset.Object, ...]]:
    """Raw values int32 [H, W], instance int32 [H, W], and the objects in the order of their numbers."""
    train_ids = {name: index for index, name in enumerate(described.names)} | {IGNORE: described.void}
    raw = np.full((example.height, example.width), train_ids[BACKGROUND], np.int32)
    instance = np.zeros_like(raw)
    numbers: dict[tuple[str, object], int] = {}
    parts: dict[int, list[places.Part]] = {}
    thing_ids = set(described.thing_ids)
    for place, shape in enumerate(shapes):
        where = f"{path}: shape {place + 1}"
        label = shape.get("label") if isinstance(shape, dict) else None
        if not isinstance(label, str) or label not in train_ids:
            raise errors.DataError(f"{where}: {registry.unknown('the labels', str(label), train_ids)}")
        group = shape.get("group_id")
        # Without a group a shape is an object of its own.
        number = numbers.setdefault((label, ("shape", place) if group is None else str(group)), len(numbers) + 1)
        part = labelme_shapes.draw(shape, example.height, example.width, f"{where} ({label})")
        is_thing = train_ids[label] in thing_ids
        raw[part.place][part.values] = train_ids[label]
        instance[part.place][part.values] = number if is_thing else 0
        if is_thing:
            parts.setdefault(number, []).append(part)
    objects = []
    seen = value_tables.count(instance, len(numbers) + 1).tolist()
    for (label, _), number in numbers.items():
        if number in parts:
            mask = np.zeros(instance.shape, bool)
            for place, values in parts[number]:
                mask[place] |= values
            # All pixels of a number lie in its mask, so equal counts are equal masks.
            is_told = seen[number] == np.count_nonzero(mask) > 0
            identity, mask = (number if seen[number] else 0), None if is_told else mask
            objects.append(dataset.Object(train_ids[label], identity, mask=mask, source_id=number))
    return raw, instance, tuple(objects)


def _image(config: Config, item: dataset.Item, content: dict[str, object]) -> dataset.Example:
    """The image: the file, or the copy in the JSON where there is no file or only the copy has the size of the shapes.

    labelme turns an image as its EXIF data say, and the copy is the turned one.
    """
    json_path, file = item.path("annotations"), _image_path(config, item, content)
    sources = [(str(file), b"")] if file else []
    if content.get("imageData"):
        sources.append((f"{json_path}: imageData", _decoded(content["imageData"], json_path)))
    told = content.get("imageWidth"), content.get("imageHeight")
    wrong = [f"{json_path}: its image {content.get('imagePath')} is not there. Put it beside the JSON."]
    for path, known in sources:
        encoded, image_format, height, width = image_files.read_image(path, known)
        if None in told or told == (width, height):
            return dataset.Example(item.key, encoded, image_format, height, width)
        turned = image_files.orientation(encoded)
        fix = f" Its EXIF orientation is {turned}, which labelme obeys: save it upright." if turned != 1 else ""
        drawn = f"shapes were drawn on {told[0]}x{told[1]} pixels, says {json_path}"
        wrong.append(f"{path}: the image is {width}x{height}; {drawn}.{fix}")
    raise errors.DataError(wrong[min(1, len(sources))])


def _decoded(image_data: object, json_path: str) -> bytes:
    try:
        return base64.b64decode(image_data, validate=True)
    except (TypeError, binascii.Error):
        raise errors.DataError(f"{json_path}: `imageData` is no picture in base64.") from None


def _image_path(config: Config, item: dataset.Item, content: dict[str, object]) -> Path | None:
    """The file that `imagePath` names, seen from the JSON, or the one beside the JSON; None where there is neither."""
    root, folder = _folders(config)
    named = content.get("imagePath")
    if isinstance(named, str) and named:
        above = posixpath.relpath(Path(item.path("annotations")).parent.as_posix(), root.as_posix())
        # labelme writes ../ where it keeps its JSON files in a folder of their own; out of data_dir no path may lead.
        path = raw_files.inside(root, posixpath.normpath(posixpath.join(above, named.replace("\\", "/"))))
        if raw_files.exists(path):
            return path
    beside = dict(item.paths).get("image")
    return Path(beside) if beside else None


def _annotation(content: dict[str, object], path: str) -> bytes:
    """The JSON; without the copy of the image, if it has one."""
    if not content.get("imageData"):
        return raw_files.read(path)
    return json.dumps({**content, "imageData": None}, ensure_ascii=False).encode()


def _folders(config: Config) -> tuple[Path, Path]:
    """(data_dir, the folder with the JSON files)."""
    root = raw_files.root(config.data_dir, NAME)
    return root, root / FOLDER if raw_files.is_folder(root / FOLDER) else root


def _names(config: Config) -> tuple[str, ...]:
    """The class names in the order of the train ids; what no shape covers is _background_."""
    root, folder = _folders(config)
    file = root / config.labels
    if raw_files.exists(file):
        return _listed(file, raw_files.stamp(file))
    if config.labels != Config.labels:
        raise errors.UserError(f"{file}: the file of class names, `labels`, is missing.")
    return _used(folder, raw_files.stamp(folder))


@functools.lru_cache(maxsize=8)
def _listed(file: Path, stamp: tuple[int, int]) -> tuple[str, ...]:
    names = [name for name in raw_files.lines(file) if name != IGNORE]
    for name in names:
        if names.count(name) > 1:
            raise errors.UserError(f"{file}: the class `{name}` stands twice. Names are unique; remove one.")
    return tuple(names if BACKGROUND in names else [BACKGROUND, *names])


@functools.lru_cache(maxsize=8)
def _used(folder: Path, stamp: tuple[int, int]) -> tuple[str, ...]:
    used: set[str] = set()
    for name in raw_files.walk(folder):
        if name.endswith(".json"):
            try:
                used |= {str(shape["label"]) for shape in raw_files.json(folder / name)["shapes"]}
            except (errors.DataError, KeyError, TypeError):
                # It is an item, too, and says there what is wrong with it.
                continue
    return (BACKGROUND, *sorted(used - {BACKGROUND, IGNORE}))
