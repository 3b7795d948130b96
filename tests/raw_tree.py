"""A made raw tree and what happens when its files are damaged, for the tests of bad input."""

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from seg_models import dataset, errors, image_files, listing, records, registry

PACKAGE = "seg_models.datasets"
TREES = "tests.raw_trees"
NAMES = tuple(registry.available(TREES))


@dataclasses.dataclass(frozen=True)
class RawTree:
    """A data set's made tree, with the items that have files of every role and format."""

    name: str
    module: ModuleType
    config: object
    root: Path
    items: tuple[tuple[str, dataset.Item], ...]

    @property
    def info(self) -> dataset.DatasetInfo:
        """What the data set says of itself."""
        return dataset.info_of(self.module, self.config)

    def files(self) -> Iterator[tuple[dataset.Item, str, Path]]:
        """(item, role, path) of each file of the chosen items; of a folder its first file."""
        for _, item in self.items:
            for role, path in item.paths:
                place = Path(path)
                if place.is_dir():
                    place = next(Path(folder, sorted(names)[0]) for folder, _, names in os.walk(place) if names)
                if place.is_file():
                    yield item, role, place

    def load(self, item: dataset.Item) -> dataset.Example:
        """An item as far as its record."""
        example = self.module.load(self.config, item)
        records.encode(example)
        return example

    def load_all(self) -> int:
        """Lists and loads everything; the number of items. An item that shares its key with another is an error."""
        entries = [entry for several in listing.items(self.config).values() for entry in several]
        for entry in entries:
            if entry.problem:
                raise errors.DataError(entry.problem)
            self.load(entry.item)
        return len(entries)


def make(name: str, folder: Path) -> RawTree:
    """Makes the tree of a data set."""
    module, tree = registry.find(PACKAGE, name), registry.find(TREES, name)
    data_dir = tree.make(folder)
    config = dataclasses.replace(module.Config(), **{**getattr(tree, "FIELDS", {}), "data_dir": str(data_dir)})
    chosen, covered = [], set()
    for split, entries in listing.items(config).items():
        for entry in entries:
            kinds = {(role, os.path.splitext(path)[1]) for role, path in entry.item.paths}
            kinds.add(("annotation", str(bool(entry.item.annotation))))
            if kinds - covered:
                covered |= kinds
                chosen.append((split, entry.item))
    return RawTree(name, module, config, Path(folder), tuple(chosen))


@contextlib.contextmanager
def damaged(path: Path, content: bytes | None) -> Iterator[None]:
    """A file with other content, or without the file where that is None; as it was, thereafter."""
    before = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


@contextlib.contextmanager
def limited(pixels: int) -> Iterator[None]:
    """Images of more pixels are refused."""
    image_files.limit_pixels(pixels)
    try:
        yield
    finally:
        image_files.limit_pixels(image_files.MAX_PIXELS)


def error_of(call: Callable[..., object], *arguments: object) -> errors.UserError | None:
    """The user's error that a call ends in; any other error is the test's."""
    try:
        call(*arguments)
    except errors.UserError as error:
        return error
    return None
