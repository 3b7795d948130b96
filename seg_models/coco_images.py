"""A COCO JSON taken apart by image, so that a worker gets its image's part alone: never the whole file is in memory.

An annotation stands anywhere in the file. The parts are gathered in compressed buckets of many images, and a bucket
is opened only when its images are handed out.
"""

import array
import dataclasses
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from seg_models import dataset, errors, image_files, json_stream, pairing, raw_files

BUCKETS = 64
FAST, SMALL = 1, 6
SEPARATOR = "\t"


class Part(NamedTuple):
    """What a JSON says of one image.

    Attributes:
      image_id: as the JSON has it.
      file_name: of the image; "" where there are annotations of it, but `images` does not list it.
      noted: the noted member of each of its annotations.
      packed: for Item.annotation; `content` unpacks it.
    """

    image_id: int | str
    file_name: str
    noted: tuple[object, ...]
    packed: bytes


class Content(NamedTuple):
    """What Item.annotation holds.

    Attributes:
      text: JSON {"image": ..., "annotations": [...]}, each value as it stands in the file; for Example.annotation.
      image: the entry in `images`; empty where it is not listed.
      annotations: of this image; None where the file annotates nothing, as for a test split.
      repeated: the noted members of its annotations that other annotations have, too.
    """

    text: bytes
    image: dict
    annotations: list | None
    repeated: list


@dataclasses.dataclass(frozen=True)
class Source:
    """A JSON and what belongs to it.

    Attributes:
      annotations: the JSON.
      images: the folder of the images.
      categories: id -> name that its categories must have, so that ids mean the same in every split; None: any.
      prefix: of the keys.
      segments: the folder of the maps that annotations name, as the panoptic ones do; each Item gets its path, too.
      labelled: whether images without annotations are images without objects. If False, that is so only where others
        of the file have some.
    """

    annotations: Path
    images: Path
    categories: Mapping[int, str] | None
    prefix: str = ""
    segments: Path | None = None
    labelled: bool = True


def items(source: Source) -> list[dataset.Item]:
    """The images of a JSON as Items, sorted by key, which is the file name without its ending.

    Raises:
      UserError: the JSON is not of COCO's format, names an image twice, or one outside the folder.
    """
    found = []
    for part in _parts(source):
        paths = [("annotations", str(source.annotations))]
        if part.file_name:
            paths.insert(0, ("image", str(raw_files.inside(source.images, part.file_name))))
        for name in part.noted if source.segments else ():
            paths.append(("segments", str(raw_files.inside(source.segments, name if isinstance(name, str) else ""))))
        found.append(dataset.Item(source.prefix + _key(part), tuple(paths), part.packed))
    return sorted(found, key=lambda item: item.key)


def test_items(annotations: Path | None, images: Path | None, categories: Mapping[int, str]) -> Iterator[dataset.Item]:
    """The images of a test split without labels: those in its JSON, or without one those in its folder."""
    if annotations and images:
        yield from items(Source(annotations, images, categories, labelled=False))
    elif images:
        yield from pairing.items((pairing.Source("image", images),))


def _parts(source: Source) -> Iterator[Part]:
    """The parts of all images, in no order; of annotations the id is noted, of panoptic ones the name of the map."""
    path, noted = source.annotations, "file_name" if source.segments else "id"
    store, names, hashes, image_ids = _Store(), {}, array.array("q"), set()
    for element in json_stream.members(path, ("images", "annotations", "categories")):
        if element.key == "images":
            image_id = _member(element.value, "id", f"{path}: an entry of `images`")
            name = _member(element.value, "file_name", f"{path}: image {image_id}")
            if image_id in image_ids:
                raise errors.UserError(f"{path}: two images have the `id` {image_id}. Give each its own.")
            if name in names:
                both = f"images {names[name]} and {image_id}"
                raise errors.UserError(f"{path}: {both} have the `file_name` {name}. Merge or rename one.")
            image_ids.add(image_id)
            names[name] = image_id
            store.add(image_id, "image", name, element.text)
        elif element.key == "categories":
            if source.categories is not None:
                _check_category(element.value, source.categories, path)
        else:
            entry = element.value
            image_id = _member(entry, "image_id", f"{path}: an entry of `annotations` ({_shown(element.text)})")
            hashes.append(hash(json.dumps(entry.get(noted))))
            store.add(image_id, "annotation", entry.get(noted), element.text)
    if not image_ids:
        raise errors.UserError(f"{path}: `images` is absent or empty; expected the COCO format.")
    values, counts = np.unique(np.array(hashes, np.int64), return_counts=True)
    repeated = set(values[counts > 1].tolist())
    yield from store.parts(repeated, source.labelled or bool(hashes))


def content(item: dataset.Item) -> Content | None:
    """The part of the JSON that an Item carries; None where there is no JSON."""
    if not item.annotation:
        return None
    text, _, repeated = zlib.decompress(item.annotation).decode().partition("\n")
    parsed = json.loads(text)
    return Content(text.encode(), parsed.get("image", {}), parsed.get("annotations"), json.loads(repeated))


def load_image(item: dataset.Item, found: Content | None) -> dataset.Example:
    """The Example of an Item with its image and, if it has one, the JSON's text; the image has the size in the JSON."""
    if found is None:
        return pairing.load_image(item)
    json_path = item.path("annotations")
    if "image" not in dict(item.paths):
        raise errors.DataError(f"{json_path}: there are annotations of {item.key}, which `images` does not list.")
    path = item.path("image")
    if not raw_files.exists(path):
        raise errors.DataError(f"{path}: the image is missing; {json_path} names it.")
    encoded, image_format, height, width = image_files.read_image(path)
    told = found.image.get("width"), found.image.get("height")
    if None not in told and told != (width, height):
        turned = image_files.orientation(encoded)
        fix = "Export the annotations again."
        if told == (height, width) and turned != 1:
            fix = f"The image has the EXIF orientation {turned}: turn its pixels upright and remove that tag."
        raise errors.DataError(f"{path}: the image is {width}x{height}, by {json_path} {told[0]}x{told[1]}. {fix}")
    return dataset.Example(item.key, encoded, image_format, height, width, annotation=found.text)


class _Store:
    """What the file says, by image, in compressed buckets."""

    def __init__(self) -> None:
        self._compressors = [zlib.compressobj(FAST) for _ in range(BUCKETS)]
        self._buckets: list[list[bytes]] = [[] for _ in range(BUCKETS)]

    def add(self, image_id: int | str, kind: str, noted: object, text: str) -> None:
        """Puts away a value. Within JSON's strings there are no line ends, so one line holds it."""
        identity = json.dumps(image_id)
        line = SEPARATOR.join((identity, kind, json.dumps(noted), text.replace("\n", " ").replace("\r", " ")))
        bucket = zlib.crc32(identity.encode()) % BUCKETS
        self._buckets[bucket].append(self._compressors[bucket].compress(line.encode() + b"\n"))

    def parts(self, repeated: set[int], labelled: bool) -> Iterator[Part]:
        """The parts of all images; a bucket is emptied once its own are handed out."""
        for bucket, compressor in zip(self._buckets, self._compressors):
            bucket.append(compressor.flush())
            lines = zlib.decompress(b"".join(bucket)).decode().split("\n")[:-1]
            bucket.clear()
            grouped: dict[str, list[list[str]]] = {}
            for line in lines:
                identity, *rest = line.split(SEPARATOR, 3)
                grouped.setdefault(identity, []).append(rest)
            for identity, several in grouped.items():
                yield _part(json.loads(identity), several, repeated, labelled)


def _part(image_id: int | str, several: list[list[str]], repeated: set[int], labelled: bool) -> Part:
    """Puts the lines of one image together."""
    images = [(noted, text) for kind, noted, text in several if kind == "image"]
    annotations = [(noted, text) for kind, noted, text in several if kind == "annotation"]
    members = [f'"image": {text}' for _, text in images]
    if labelled:
        members.append(f'"annotations": [{", ".join(text for _, text in annotations)}]')
    noted = [json.loads(text) for text, _ in annotations]
    shared = [each for each in noted if each is not None and hash(json.dumps(each)) in repeated]
    packed = zlib.compress(f"{{{', '.join(members)}}}\n{json.dumps(shared)}".encode(), SMALL)
    return Part(image_id, json.loads(images[0][0]) if images else "", tuple(noted), packed)


def _check_category(entry: object, categories: Mapping[int, str], path: Path) -> None:
    """Raises UserError where a category is not one of the data set."""
    told = (entry.get("id"), entry.get("name")) if isinstance(entry, dict) else (None, None)
    if told not in categories.items():
        known = categories.get(told[0])
        meant = f"{told[0]} is {known}" if known else f"there are {len(categories)} others"
        raise errors.UserError(f"{path}: has the category {told[1]} with the `id` {told[0]}; in this data set {meant}.")


def _key(part: Part) -> str:
    if not part.file_name:
        return f"image {part.image_id}"
    return PurePosixPath(part.file_name.replace("\\", "/")).with_suffix("").as_posix()


def _member(entry: object, key: str, where: str) -> int | str:
    """A required member that is an id or a name."""
    if not isinstance(entry, dict) or key not in entry:
        raise errors.UserError(f"{where} has no `{key}`; expected the COCO format.")
    value = entry[key]
    if value == "" or type(value) not in ((str,) if key == "file_name" else (int, str)):
        raise errors.UserError(f"{where} has the `{key}` {_shown(json.dumps(value))}; expected the COCO format.")
    return value


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
