"""The images of a COCO JSON as Items, and what an Item carries of it."""

import dataclasses
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from seg_models import dataset, errors, image_files, raw_files
from seg_models.raw import coco_parts, pairing


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


def items(source: Source) -> list[dataset.Item]:
    """The images of a JSON as Items, sorted by key, which is the file name without its ending.

    Raises:
      UserError: the JSON is not of COCO's format, names an image twice, or one outside the folder.
    """
    noted = "file_name" if source.segments else "id"
    found = []
    for part in coco_parts.parts(source.annotations, noted, source.categories, source.labelled):
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


def _key(part: coco_parts.Part) -> str:
    if not part.file_name:
        return f"image {part.image_id}"
    return PurePosixPath(part.file_name.replace("\\", "/")).with_suffix("").as_posix()
