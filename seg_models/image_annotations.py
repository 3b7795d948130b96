"""A JSON of the annotations of many images, as COCO's, dealt out: every image's Item carries its own part of it.

The part is a JSON of the same form, {"images": [one], "annotations": [its own]}, of the source's own text, compressed.
"""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seg_models import dataset, errors, json_stream, raw_files

KEYS = ("images", "annotations")


class Part(NamedTuple):
    """What a file says of one image.

    Attributes:
      image: its entry in `images`.
      annotations: its entries in `annotations`, in the order of the file.
      text: both as JSON, as they stand in the file.
    """

    image: dict[str, object]
    annotations: list[dict[str, object]]
    text: bytes


def items(path: Path, images: Path, prefix: str = "") -> Iterator[dataset.Item]:
    """An Item for each image that a file lists, sorted by key; the file is read once, and never held whole.

    Args:
      path: of the JSON file.
      images: the folder with the images that it names.
      prefix: of the keys; the rest is the image's file name without its ending.

    Raises:
      UserError: the file is missing or of another form, two images have one id, or an annotation has no image.
      DataError: a file name leads out of the folder.
    """
    names: dict[object, str] = {}
    texts: dict[object, bytes] = {}
    parts: dict[object, list[bytes]] = {}
    for key, value, text in json_stream.members(path, KEYS):
        wanted = ("id", "file_name") if key == KEYS[0] else ("image_id",)
        for name in wanted:
            if not isinstance(value, dict) or not isinstance(value.get(name), (int, str)):
                raise errors.UserError(f"{path}: an element of `{key}` has no `{name}`: {text[:80]}")
        if key == KEYS[1]:
            parts.setdefault(value["image_id"], []).append(zlib.compress(text.encode()))
        elif value["id"] in names:
            raise errors.UserError(f"{path}: two images have the `id` {value['id']}. Ids are unique; repair the file.")
        else:
            names[value["id"]], texts[value["id"]] = str(value["file_name"]), text.encode()
    for identity in parts:
        if identity not in names:
            raise errors.UserError(
                f"{path}: annotations have the `image_id` {identity}, but `images` has no such `id`."
            )
    for identity in sorted(names, key=lambda each: names[each]):
        annotations = b", ".join(map(zlib.decompress, parts.pop(identity, ())))
        text = b'{"images": [' + texts[identity] + b'], "annotations": [' + annotations + b"]}"
        image = raw_files.inside(images, names[identity])
        key = f"{prefix}{names[identity].rpartition('.')[0] or names[identity]}"
        yield dataset.Item(key, (("image", str(image)), ("annotations", str(path))), zlib.compress(text))


def part(item: dataset.Item) -> Part:
    """What `items` gave an item."""
    text = zlib.decompress(item.annotation)
    content = json.loads(text)
    return Part(content["images"][0], content["annotations"], text)
