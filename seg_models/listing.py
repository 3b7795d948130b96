"""The items of a data set: listed, checked, fingerprinted, dealt out to shards."""

import dataclasses
import hashlib
import importlib
import json
import math
import os
from collections.abc import Sequence
from types import ModuleType

from seg_models import config, dataset, errors, overrides

# Part of the fingerprint; raise it whenever the same files would give other records.
VERSION = 1

ITEMS_PER_SHARD = 100
REQUIRED_SPLITS = ("train", "eval")


@dataclasses.dataclass(frozen=True)
class Listed:
    """An item, and what is wrong with its place among the others; "" if nothing."""

    item: dataset.Item
    problem: str = ""


def module_of(dataset_config: object) -> ModuleType:
    """The data set module that a Config belongs to."""
    return importlib.import_module(type(dataset_config).__module__)


def items(dataset_config: object) -> dict[str, list[Listed]]:
    """All items by split, sorted by key; splits without items are left out.

    Items that share a key are all given, with the same problem: which of them is meant cannot be known.

    Raises:
      UserError: the train or the eval split is empty.
    """
    module = module_of(dataset_config)
    info = dataset.info_of(module, dataset_config)
    found = {split: list(module.items(dataset_config, split)) for split in info.splits}
    for split in REQUIRED_SPLITS:
        if not found.get(split):
            place = overrides.fields(dataset_config).get("data_dir", "")
            where = f" in {place}" if place else ""
            raise errors.UserError(f"data set `{info.name}`{where} has no items in its split `{split}`.")
    by_key: dict[str, list[str]] = {}
    for split, several in found.items():
        for item in several:
            by_key.setdefault(item.key, []).append(f"{item.paths[0][1] if item.paths else item.key} ({split})")
    return {
        split: [Listed(item, _problem(item.key, by_key[item.key])) for item in sorted(several, key=_order)]
        for split, several in found.items()
        if several
    }


def fingerprint(dataset_config: object, listed: dict[str, list[Listed]] | None = None) -> str:
    """A hash that changes with the settings, the classes, and the list, sizes or times of the source files.

    Args:
      dataset_config: the Config.
      listed: what `items` gave, if it was called already.
    """
    info = dataset.info_of(module_of(dataset_config), dataset_config)
    state = hashlib.sha256(json.dumps([VERSION, config.to_json(dataset_config), config.to_json(info)]).encode())
    for split, several in (items(dataset_config) if listed is None else listed).items():
        for entry in several:
            files = [(role, path, *_stamp(path)) for role, path in entry.item.paths]
            state.update(json.dumps([split, entry.item.key, files]).encode())
    return state.hexdigest()


def deal(listed: Sequence[Listed], shards: int = 0, seed: int = 0) -> list[list[Listed]]:
    """Deals the items of a split out to shards, shuffled by a hash of seed and key; their order here does not matter.

    Args:
      listed: the items.
      shards: files to write; 0: one for every 100 items, but at least 2, so that two workers have work.
      seed: of the shuffle.

    Returns:
      At most `shards` lists of equal length, or one more, and none of them empty.
    """
    count = min(shards or max(2, math.ceil(len(listed) / ITEMS_PER_SHARD)), len(listed))

    def place(entry: Listed) -> tuple[object, ...]:
        return hashlib.sha256(f"{seed}/{entry.item.key}".encode()).digest(), _order(entry.item)

    shuffled = sorted(listed, key=place)
    return [shuffled[index::count] for index in range(count)]


def _order(item: dataset.Item) -> tuple[str, tuple[tuple[str, str], ...]]:
    return item.key, item.paths


def _problem(key: str, places: list[str]) -> str:
    if len(places) == 1:
        return ""
    return f"{' and '.join(sorted(places))}: {len(places)} items of one key, `{key}`. Keep or rename one."


def _stamp(path: str) -> tuple[int, int]:
    """Size and time of a file; (-1, -1) where it is missing."""
    try:
        status = os.stat(path)
    except OSError:
        return -1, -1
    return status.st_size, status.st_mtime_ns
