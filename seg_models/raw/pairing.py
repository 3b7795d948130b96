"""Images and their maps paired by file name; a broken pair becomes an item of its own, whose `check` fails."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from seg_models import dataset, errors, image_files, labels, raw_files

# Formats that `image_files` refuses are listed too: their error says so, a file left out would be missed in silence.
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")


@dataclasses.dataclass(frozen=True)
class Source:
    """A folder that holds one file for every item.

    Attributes:
      role: of its files in Item.paths: "image", "mask" or "instance".
      folder: is searched with all folders below it.
      ending: what the stems of its files have and the key has not, such as "_mask".
    """

    role: str
    folder: Path
    ending: str = ""


def items(sources: Sequence[Source], prefix: str = "") -> Iterator[dataset.Item]:
    """One Item for every key of which any source has a file, sorted by key.

    An item whose file is missing in a source carries the path where it is expected; one with two files, such as a.png
    and a.jpg, carries both. `check` refuses these, so that they can be skipped and counted like any bad item.

    Args:
      sources: the roles.
      prefix: of the keys.
    """
    found = [_files(source) for source in sources]
    for key in sorted(set().union(*found)):
        paths = [
            (source.role, path)
            for source, files in zip(sources, found)
            for path in files.get(key) or [_expected(source, key, files)]
        ]
        yield dataset.Item(prefix + key, tuple(paths))


def labelled(sources: Sequence[Source]) -> list[Source]:
    """The sources of a test split: its annotation may be withheld, so the last ones that have no file are left out."""
    kept = list(sources)
    while kept and not any(map(_is_picture, raw_files.walk(kept[-1].folder))):
        kept.pop()
    return kept


def missing(sources: Sequence[Source], key: str) -> dataset.Item:
    """The Item of a listed key of which no source has a file; `check` refuses it."""
    return dataset.Item(key, tuple((source.role, _expected(source, key, {})) for source in sources))


def is_whole(item: dataset.Item) -> bool:
    """Whether every role has one file."""
    roles = [role for role, _ in item.paths]
    return len(roles) == len(set(roles)) and all(raw_files.exists(path) for _, path in item.paths)


def check(item: dataset.Item) -> None:
    """Raises DataError, naming the files, where an item is not whole."""
    paths: dict[str, list[str]] = {}
    for role, path in item.paths:
        paths.setdefault(role, []).append(path)
    for role, several in paths.items():
        if len(several) > 1:
            raise errors.DataError(f"{' and '.join(several)}: two files of one key, `{item.key}`. Keep one {role}.")
    if all(raw_files.exists(path) for _, path in item.paths):
        return
    present = [f"{role} {path}" for role, path in item.paths if raw_files.exists(path)]
    for role, path in item.paths:
        if not raw_files.exists(path):
            partner = f"its {present[0]} is there; add the one or remove the other" if present else "it is listed"
            raise errors.DataError(f"{path}: the {role} of `{item.key}` is missing; {partner}.")


def load_image(item: dataset.Item) -> dataset.Example:
    """The Example of an item, with its "image" alone."""
    check(item)
    encoded, image_format, height, width = image_files.read_image(item.path("image"))
    return dataset.Example(item.key, encoded, image_format, height, width)


def load(item: dataset.Item, info: dataset.DatasetInfo) -> dataset.Example:
    """The Example of an item with an "image" and a "mask", by the label contract; without the role "mask" no labels."""
    example = load_image(item)
    if "mask" not in dict(item.paths):
        return example
    mask = labels.read(item.path("mask"), info)
    if mask.shape != (example.height, example.width):
        image_files.check_same_size(mask.raw, example.height, example.width, item.path("mask"), item.path("image"))
    return labels.annotated(example, mask)


def _expected(source: Source, key: str, files: dict[str, list[str]]) -> str:
    """Where the file of a key would lie, named as the others of its source are."""
    suffix = os.path.splitext(next(iter(files.values()))[0])[1] if files else ".png"
    return str(source.folder / f"{key}{source.ending}{suffix}")


def _files(source: Source) -> dict[str, list[str]]:
    """Key -> the files of a source that have it."""
    found: dict[str, list[str]] = {}
    for path in raw_files.walk(source.folder):
        if _is_picture(path):
            stem = os.path.splitext(path)[0]
            found.setdefault(stem.removesuffix(source.ending), []).append(os.path.join(source.folder, path))
    return found


def _is_picture(path: str) -> bool:
    return path.lower().endswith(SUFFIXES)
