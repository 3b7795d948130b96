"""Mapillary Vistas: street scenes from all over the world, in versions 1.2 (66 classes) and 2.0 (124 classes).

    data_dir/config_v2.0.json or config_v1.2.json (or config.json)      the classes; those not evaluated are void
    data_dir/{training,validation,testing}/images/*.jpg                 (or train, val, test)
    data_dir/training/{v1.2,v2.0}/{labels,instances,panoptic}/*.png     both versions, as v2.0 is published
    data_dir/training/{labels,instances,panoptic}/*.png                 version 1.2, as published before

or the zip file as downloaded. Classes come from labels; objects from panoptic, which tells crowds and has no limit to
their number, or else from instances (class * 256 + instance). The test images have no annotation.
"""

import dataclasses
import functools
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seg_models import dataset, errors, raw_files, registry
from seg_models.raw import instance_values, json_stream, pairing, panoptic_segments

FOLDERS = {"train": ("training", "train"), "eval": ("validation", "val"), "test": ("testing", "test")}
# Newest first.
CLASS_FILES = {"2.0": ("config_v2.0.json",), "1.2": ("config_v1.2.json", "config.json")}
URL = "https://www.mapillary.com/dataset/vistas"
# Folder of maps that tell objects -> role in an item.
ROLES = {"panoptic": "panoptic", "instances": "instance"}


class Class(NamedTuple):
    """One entry of `labels` in the file of classes; its place there is its value in the maps."""

    name: str
    color: tuple[int, int, int]
    is_thing: bool
    is_counted: bool


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and which annotation of it is meant.

    Attributes:
      data_dir: the folder with the folders of the splits, or with the zip file.
      version: "2.0" or "1.2"; "": the newest that is there.
    """

    data_dir: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        if self.version and self.version not in CLASS_FILES:
            raise errors.UserError(f"`version`: {registry.unknown('the versions', self.version, CLASS_FILES)}")


def info(config: Config) -> dataset.DatasetInfo:
    """What the file of classes says."""
    classes = _classes(config)
    counted = [entry for entry in classes if entry.is_counted]
    train_ids = {entry: train_id for train_id, entry in enumerate(counted)}
    return dataset.DatasetInfo(
        name="mapillary_vistas",
        categories=tuple(dataset.Category(entry.name, entry.color, entry.is_thing) for entry in counted),
        raw_values=tuple((label, train_ids.get(entry)) for label, entry in enumerate(classes)),
        splits=tuple(FOLDERS),
        expected_counts=(("train", 18000), ("eval", 2000), ("test", 5000)),
        licence="CC BY-NC-SA 4.0 (research edition): non-commercial",
        citation="Neuhold, Ollmann, Rota Bulo, Kontschieder: The Mapillary Vistas Dataset for Semantic Understanding "
        "of Street Scenes, ICCV 2017",
        url=URL,
        tasks=("semantic", "instance", "panoptic"),
    )


def found(config: Config) -> str:
    """Which version lies there, and what tells its objects."""
    version = _version(config)
    maps = _maps(_split_folder(config, "train") or _split_folder(config, "eval"), version)
    return f"{_root(config)}: version {version}, labels and {_objects_from(maps) or 'no instances'}"


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split, key SPLIT/NAME."""
    registry.check("the splits of mapillary_vistas", split, FOLDERS)
    version, folder, prefix = _version(config), _split_folder(config, split), f"{split}/"
    if folder is None:
        return
    sources, maps = [pairing.Source("image", folder / "images")], _maps(folder, version)
    if not raw_files.is_folder(maps / "labels"):
        if split != "test":
            raise errors.UserError(f"{maps / 'labels'}: there is no such folder; it is part of the download.")
        yield from pairing.items(sources, prefix)
        return
    sources.append(pairing.Source("mask", maps / "labels"))
    objects_from, parts, listed_in = _objects_from(maps), {}, ()
    if objects_from:
        sources.append(pairing.Source(ROLES[objects_from], maps / objects_from))
    if objects_from == "panoptic":
        listed_in = (("annotations", str(_json_path(maps))),)
        parts = _parts(_json_path(maps))
    polygons = set(raw_files.names(maps / "polygons"))
    for item in pairing.items(sources, prefix):
        name = item.key.removeprefix(prefix)
        outlines = f"{name}.json"
        more = [("polygons", str(maps / "polygons" / outlines))] if outlines in polygons else []
        yield dataset.Item(item.key, (*item.paths, *listed_in, *more), parts.pop(name, b""))
    if parts:
        names = ", ".join(sorted(parts)[:3])
        raise errors.UserError(f"{_json_path(maps)}: lists {len(parts)} images that are not there: {names}...")


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one image and, where it is annotated, its maps; the JSON texts on it become one."""
    described, roles = info(config), dict(item.paths)
    example = instance_values.load(pairing.load_image(item), item, instance_values.MAPILLARY, described)
    annotation = zlib.decompress(item.annotation) if item.annotation else b""
    if "panoptic" in roles:
        if not annotation:
            told = f"no element of `annotations` is for {roles['panoptic']}"
            raise errors.DataError(f"{roles['annotations']}: {told}.")
        example = panoptic_segments.annotated(example, _panoptic(config, item, annotation), described)
    if "polygons" in roles:
        begun = annotation[:-1] + b", " if annotation else b"{"
        annotation = begun + b'"polygons": %b}' % raw_files.read(roles["polygons"])
    return dataclasses.replace(example, annotation=annotation)


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The map files of an image from its record."""
    described, roles = info(config), dict(item.paths)
    yield from instance_values.restore(example, item, instance_values.MAPILLARY, described)
    if "panoptic" in roles:
        source = _panoptic(config, item, example.annotation)
        yield source.path, panoptic_segments.restored(example, source, described)


def _root(config: Config) -> Path:
    return raw_files.root(config.data_dir, "mapillary_vistas")


def _split_folder(config: Config, split: str) -> Path | None:
    """The folder of a split, perhaps in a zip file."""
    images = raw_files.place(_root(config), *(f"{name}/images" for name in FOLDERS[split]))
    return None if images is None else images.parent


def _version(config: Config) -> str:
    """The version to read: the one that is asked for, or the newest that is there."""
    folders = [folder for folder in (_split_folder(config, split) for split in ("train", "eval")) if folder]
    maps = {each: [_maps(folder, each) / "labels" for folder in folders] for each in CLASS_FILES}
    there = [each for each, places in maps.items() if any(map(raw_files.is_folder, places))]
    if not there or (config.version and config.version not in there):
        what = f"version {config.version} of Mapillary Vistas" if config.version else "Mapillary Vistas"
        has = f"; has version {', '.join(there)}" if there else ""
        raise errors.UserError(
            f"{_root(config)}: not {what}{has}; expected training/images with training/v2.0/labels, "
            f"training/v1.2/labels or training/labels. Get it from {URL}."
        )
    return config.version or there[0]


def _maps(folder: Path, version: str) -> Path:
    """The folder with the maps of a version; before 2.0 there was but one, whose maps lay beside the images."""
    own = folder / f"v{version}"
    return folder if version == "1.2" and not raw_files.is_folder(own / "labels") else own


def _objects_from(maps: Path) -> str:
    """The folder of the maps that tell objects; "" where there is none."""
    if _json_path(maps):
        return "panoptic"
    return "instances" if raw_files.is_folder(maps / "instances") else ""


def _json_path(maps: Path) -> Path | None:
    """The JSON of the panoptic maps, such as panoptic_2018.json."""
    names = [name for name in raw_files.names(maps / "panoptic") if name.endswith(".json")]
    if len(names) > 1:
        raise errors.UserError(f"{maps / 'panoptic'}: has {' and '.join(names)}; keep the one that was published.")
    return maps / "panoptic" / names[0] if names else None


def _parts(path: Path) -> dict[str, bytes]:
    """Key -> its entry and the entries of its categories in the JSON, as a JSON of the same form, compressed."""
    categories, texts = {}, []
    for key, value, text in json_stream.members(path, ("categories", "annotations")):
        wanted = ("id", "name") if key == "categories" else ("file_name", "segments_info")
        if not isinstance(value, dict) or any(name not in value for name in wanted):
            raise errors.UserError(f"{path}: an element of `{key}` lacks {' or '.join(wanted)}: {text[:80]}")
        if key == "categories":
            categories[value["id"]] = text
        else:
            used = {entry.get("category_id") for entry in value["segments_info"]}
            texts.append((value["file_name"].rpartition(".")[0], used, zlib.compress(text.encode())))
    parts = {}
    for name, used, text in texts:
        if name in parts:
            raise errors.UserError(f"{path}: two elements of `annotations` are for `{name}`. Get the file again.")
        shown = ", ".join(categories[each] for each in categories if each in used)
        whole = b'{"categories": [%b], "annotations": [%b]}' % (shown.encode(), zlib.decompress(text))
        parts[name] = zlib.compress(whole)
    return parts


def _panoptic(config: Config, item: dataset.Item, text: bytes) -> panoptic_segments.Source:
    """The panoptic map of an item with its part of the JSON, whose categories are the classes by name."""
    content, json_path = json.loads(text), item.path("annotations")
    values = {entry.name: label for label, entry in enumerate(_classes(config))}
    labels = {}
    for entry in content["categories"]:
        if entry["name"] not in values:
            raise errors.DataError(f"{json_path}: {registry.unknown('the classes', entry['name'], values)}")
        labels[entry["id"]] = values[entry["name"]]
    return panoptic_segments.Source(
        item.path("panoptic"), json_path, item.path("image"), content["annotations"][0], labels
    )


def _classes(config: Config) -> tuple[Class, ...]:
    """The file of classes of the version that is read."""
    root, version = _root(config), _version(config)
    path = raw_files.place(root, *CLASS_FILES[version])
    if path is None:
        raise errors.UserError(
            f"{root}: has annotations of version {version}, but not {' or '.join(CLASS_FILES[version])}, which lists "
            "their classes. It is part of the download; put it there."
        )
    return _read_classes(path, raw_files.stamp(path))


@functools.lru_cache(maxsize=8)
def _read_classes(path: Path, stamp: tuple[int, int]) -> tuple[Class, ...]:
    content = raw_files.json(path)
    try:
        return tuple(
            Class(entry["name"], tuple(entry["color"]), bool(entry["instances"]), bool(entry["evaluate"]))
            for entry in content["labels"]
        )
    except (KeyError, TypeError) as error:
        raise errors.UserError(
            f"{path}: expected `labels`, a list of classes, each with name, color, instances and evaluate "
            f"({type(error).__name__}: {error}). Get the file again."
        ) from None
