"""A COCO JSON taken apart by image, so that a worker gets its image's part alone; the file is never in memory.

An annotation stands anywhere in the file. What belongs to an image is gathered in compressed buckets of many images;
a bucket is opened only when its images are handed out.
"""

import array
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seg_models import errors
from seg_models.raw import json_stream

BUCKETS = 64
# Of a bucket, compressed at a time.
LINES = 100
# Higher ones take longer than to read the file, and save a tenth.
LEVEL = 1
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


def parts(path: Path, noted: str, categories: Mapping[int, str] | None, labelled: bool) -> Iterator[Part]:
    """The parts of all images, in no order.

    Args:
      path: of the JSON.
      noted: the member of annotations that is to be noted: "id" or "file_name".
      categories: id -> name that its categories must have; None: any.
      labelled: whether images without annotations are images without objects, even where no image of the file has some.

    Raises:
      UserError: the JSON is not of COCO's format, names an image twice, or has a category that it should not.
    """
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
            store.add(_json(image_id), "image", _json(name), element.text)
        elif element.key == "categories":
            if categories is not None:
                _check_category(element.value, categories, path)
        else:
            entry = element.value
            image_id = _member(entry, "image_id", f"{path}: an entry of `annotations` ({_shown(element.text)})")
            text = _json(entry.get(noted))
            hashes.append(hash(text))
            store.add(_json(image_id), "annotation", text, element.text)
    if not image_ids:
        raise errors.UserError(f"{path}: `images` is absent or empty; expected the COCO format.")
    values, counts = np.unique(np.array(hashes, np.int64), return_counts=True)
    repeated = set(values[counts > 1].tolist())
    yield from store.parts(repeated, labelled or bool(hashes))


class _Store:
    """What the file says, by image, in compressed buckets."""

    def __init__(self) -> None:
        self._compressors = [zlib.compressobj(LEVEL) for _ in range(BUCKETS)]
        self._buckets: list[list[bytes]] = [[] for _ in range(BUCKETS)]
        self._lines: list[list[str]] = [[] for _ in range(BUCKETS)]

    def add(self, identity: str, kind: str, noted: str, text: str) -> None:
        """Puts away a value; id and noted member are JSON. JSON's strings have no line ends, so a line holds it."""
        bucket = zlib.crc32(identity.encode()) % BUCKETS
        lines = self._lines[bucket]
        lines.append(SEPARATOR.join((identity, kind, noted, text.replace("\n", " ").replace("\r", " "))))
        if len(lines) == LINES:
            self._compress(bucket)

    def _compress(self, bucket: int) -> None:
        """Takes in the lines that wait; many at a time, for the time a call takes."""
        waiting = "\n".join((*self._lines[bucket], "")).encode()
        self._buckets[bucket].append(self._compressors[bucket].compress(waiting))
        self._lines[bucket].clear()

    def parts(self, repeated: set[int], labelled: bool) -> Iterator[Part]:
        """The parts of all images; a bucket is emptied once its own are handed out."""
        for number, (bucket, compressor) in enumerate(zip(self._buckets, self._compressors)):
            self._compress(number)
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
    shared = [each for each, (text, _) in zip(noted, annotations) if each is not None and hash(text) in repeated]
    packed = zlib.compress(f"{{{', '.join(members)}}}\n{json.dumps(shared)}".encode(), LEVEL)
    return Part(image_id, json.loads(images[0][0]) if images else "", tuple(noted), packed)


def _check_category(entry: object, categories: Mapping[int, str], path: Path) -> None:
    """Raises UserError where a category is not one of the data set."""
    told = (entry.get("id"), entry.get("name")) if isinstance(entry, dict) else (None, None)
    known = categories.get(told[0]) if isinstance(told[0], int) else None
    if known is None or known != told[1]:
        meant = f"{told[0]} is {known}" if known else f"there are {len(categories)} others"
        raise errors.UserError(f"{path}: has the category {told[1]} with the `id` {told[0]}; in this data set {meant}.")


def _json(value: object) -> str:
    """A value as JSON; most are numbers, which need no encoder."""
    return str(value) if type(value) is int else json.dumps(value)


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
