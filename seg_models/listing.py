"""The items of a data set: listed, checked, fingerprinted, dealt out to shards."""

import dataclasses
import hashlib
import importlib
import json
import math
import sys
from collections.abc import Iterable, Sequence
from types import ModuleType

from seg_models import config, dataset, errors, overrides, raw_files

# Part of the fingerprint; raise it whenever the same files would give other records.
VERSION = 2

ITEMS_PER_SHARD = 100
# The splits that a training cannot do without.
FOR_TRAINING = ("train", "eval")


@dataclasses.dataclass(frozen=True)
class Listed:
    """An item among the others.

    Attributes:
      item: of the data set.
      problem: what is wrong with its place among the others; "" if nothing.
      stamp: a hash of its split, its key, and the names, sizes and times of its files.
    """

    item: dataset.Item
    problem: str = ""
    stamp: str = ""


def module_of(dataset_config: object) -> ModuleType:
    """The data set module that a Config belongs to."""
    # Asked for each image: `import_module` would look for the module each time.
    name = type(dataset_config).__module__
    return sys.modules.get(name) or importlib.import_module(name)


def items(dataset_config: object, required: Sequence[str] = ()) -> dict[str, list[Listed]]:
    """All items by split, sorted by key; splits without items are left out.

    Items that share a key are all given, with the same problem: which of them is meant cannot be known.

    Args:
      dataset_config: the Config.
      required: splits that must have items.

    Raises:
      UserError: a required split is empty, or all are.
    """
    module = module_of(dataset_config)
    info = dataset.info_of(module, dataset_config)
    found = {split: list(module.items(dataset_config, split)) for split in info.splits}
    empty = [f"its split `{split}`" for split in required if not found.get(split)]
    if empty or not any(found.values()):
        place = overrides.fields(dataset_config).get("data_dir", "")
        where, missing = f" in {place}" if place else "", (*empty, f"any of its splits, {', '.join(info.splits)}")[0]
        raise errors.UserError(f"data set `{info.name}`{where} has no items in {missing}.")
    by_key: dict[str, list[str]] = {}
    for split, several in found.items():
        for item in several:
            by_key.setdefault(item.key, []).append(f"{item.paths[0][1] if item.paths else item.key} ({split})")
    return {
        split: [
            Listed(item, _problem(item.key, by_key[item.key]), _stamp(split, item))
            for item in sorted(several, key=_order)
        ]
        for split, several in found.items()
        if several
    }


def fingerprint(dataset_config: object, listed: dict[str, list[Listed]] | None = None) -> str:
    """A hash that changes with the settings, the classes, and the list, sizes or times of the source files.

    Args:
      dataset_config: the Config.
      listed: what `items` gave, if it was called already.
    """
    listed = items(dataset_config) if listed is None else listed
    return fingerprint_of(settings_hash(dataset_config), [entry for several in listed.values() for entry in several])


def settings_hash(dataset_config: object) -> str:
    """The part of the fingerprint that no item has a part in: settings, classes, VERSION."""
    info = dataset.info_of(module_of(dataset_config), dataset_config)
    settings = json.dumps([VERSION, config.to_json(dataset_config), config.to_json(info)])
    return hashlib.sha256(settings.encode()).hexdigest()


def fingerprint_of(settings: str, listed: Iterable[Listed]) -> str:
    """The fingerprint of some items in their order, under settings of which `settings` is the hash."""
    state = hashlib.sha256(settings.encode())
    for entry in listed:
        state.update(repr((entry.stamp, entry.problem)).encode())
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


def _stamp(split: str, item: dataset.Item) -> str:
    # `repr` is as unambiguous as JSON and takes a tenth of its time.
    files = [(role, path, *raw_files.stamp(path)) for role, path in item.paths]
    return hashlib.sha256(repr((split, item.key, files)).encode() + item.annotation).hexdigest()
