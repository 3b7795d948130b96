"""The record files that folders and patterns stand for, with what their manifest says of them."""

import functools
import glob
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from seg_models import errors, manifest, registry

_FOLDER = manifest.split_folder("(.+)")


class RecordFile(NamedTuple):
    """One record file.

    Attributes:
      path: of the file, which may be missing where the manifest names it.
      split: "" where neither manifest nor folder says it.
      shard: what the manifest says of it; None where no manifest does.
    """

    path: str
    split: str
    shard: manifest.Shard | None


def find(patterns: Sequence[str], split: str = "") -> list[RecordFile]:
    """The record files of folders that were converted, of folders of one split, and of patterns; each once, sorted.

    Args:
      patterns: folders and patterns.
      split: the only one to take; "": all.

    Raises:
      UserError: a pattern fits no file, a folder is not converted, or has no such split.
    """
    found = {file.path: file for pattern in patterns for file in _matched(pattern, split)}
    return [found[path] for path in sorted(found)]


def manifest_of(files: Sequence[RecordFile]) -> manifest.Manifest | None:
    """The manifest beside record files; None where there is none.

    Raises:
      UserError: they lie beside manifests of several data sets.
    """
    folders = sorted({_records_dir(file.path) for file in files})
    read = [_manifest(folder) for folder in folders if _has_manifest(folder)]
    names = sorted({each.info.name for each in read})
    if len(names) > 1:
        raise errors.UserError(f"{', '.join(folders)}: records of several data sets, {', '.join(names)}; give one.")
    return read[0] if read else None


def whole_splits(files: Sequence[RecordFile]) -> set[str]:
    """The splits of which all files that the manifest names are given."""
    known = manifest_of(files)
    if known is None or len({_records_dir(file.path) for file in files}) > 1:
        return set()
    given = {(file.split, file.shard.name) for file in files if file.shard}
    return {
        split for split, each in known.splits.items() if {(split, shard.name) for shard in each.shards} <= given
    }


def _matched(pattern: str, split: str) -> list[RecordFile]:
    if os.path.isdir(pattern) and _has_manifest(pattern):
        splits = _manifest(pattern).splits
        if split and split not in splits:
            raise errors.UserError(f"{pattern}: {registry.unknown('the splits of these records', split, splits)}")
        return [
            RecordFile(os.path.join(pattern, manifest.split_folder(name), shard.name), name, shard)
            for name in ([split] if split else splits)
            for shard in splits[name].shards
        ]
    if os.path.basename(pattern) == manifest.FILE and os.path.isfile(pattern):
        return _matched(os.path.dirname(pattern) or ".", split)
    inside = os.path.join(pattern, "*.tfrecord") if os.path.isdir(pattern) else pattern
    files = [_described(path) for path in sorted(glob.glob(inside)) if os.path.isfile(path)]
    files = [file for file in files if split in ("", file.split)]
    if not files:
        raise errors.UserError(f"{pattern}: {_why_none(pattern)}")
    return files


def _why_none(pattern: str) -> str:
    """Why there is no record file, and what to give instead."""
    inside = glob.glob(os.path.join(pattern, "*", manifest.FILE))
    if inside:
        return f"no record file; its folder {os.path.basename(os.path.dirname(sorted(inside)[0]))} has some. Give that."
    if glob.glob(os.path.join(pattern, manifest.split_folder("*"))):
        return "an unfinished conversion: there is no manifest.json. Give the same `segline convert` again."
    return (
        "no such record file. `segline convert` writes them as DIR/Split-eval/*.tfrecord, with DIR/manifest.json; give "
        "DIR or a pattern."
    )


def _described(path: str) -> RecordFile:
    folder = os.path.dirname(path)
    named = re.fullmatch(_FOLDER, os.path.basename(folder))
    split = named.group(1) if named else ""
    shards = ()
    if _has_manifest(_records_dir(path)):
        splits = _manifest(_records_dir(path)).splits
        shards = splits[split].shards if split in splits else ()
    by_name = {shard.name: shard for shard in shards}
    return RecordFile(path, split, by_name.get(os.path.basename(path)))


def _records_dir(path: str) -> str:
    """The folder where the manifest of a record file would be."""
    return os.path.dirname(os.path.dirname(os.path.abspath(path)))


def _has_manifest(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, manifest.FILE))


def _manifest(folder: str) -> manifest.Manifest:
    path = os.path.join(folder, manifest.FILE)
    return _read(os.path.abspath(folder), os.stat(path).st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _read(folder: str, mtime_ns: int) -> manifest.Manifest:
    return manifest.read(folder)
