"""The manifest of converted records: what was written, what was left out, and the class statistics of each split."""

import dataclasses
import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seg_models import config, dataset, errors, registry

FILE = "manifest.json"
# Of the findings of each kind, the sentences that are kept.
KEPT_FINDINGS = 3


class Shard(NamedTuple):
    """One record file: its name in the split's folder, its records, the CRC-32C (hex) and the number of its bytes."""

    name: str
    records: int
    crc32c: str
    size: int = 0


@dataclasses.dataclass(frozen=True)
class SplitManifest:
    """What was written of one split.

    Attributes:
      records: written.
      shards: sorted by name.
      class_pixels: per train id.
      class_image_pixels: per train id, the pixels, void aside, of the images that show the class; class_pixels over
        these is the frequency of median-frequency balancing.
      void_pixels: that no loss and no metric counts.
      raw_histogram: raw mask value -> pixels.
      skipped: (key, reason) of every item that was left out, sorted.
      findings: kind -> how many doubtful annotations were found (`dataset.Finding`).
      first_findings: (kind, sentence) of a few of each kind, sorted.
    """

    records: int = 0
    shards: tuple[Shard, ...] = ()
    class_pixels: tuple[int, ...] = ()
    class_image_pixels: tuple[int, ...] = ()
    void_pixels: int = 0
    raw_histogram: Mapping[int, int] = dataclasses.field(default_factory=dict)
    skipped: tuple[tuple[str, str], ...] = ()
    findings: Mapping[str, int] = dataclasses.field(default_factory=dict)
    first_findings: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class Manifest:
    """Of all splits that have items.

    Attributes:
      info: of the data set that was converted.
      splits: split -> what was written.
      fingerprint: of the source files (`listing.fingerprint`).
      plan: of the source files and of how they are dealt out to shards; equal plans give equal files.
      source: the Config of the data set that was converted.
    """

    info: dataset.DatasetInfo
    splits: Mapping[str, SplitManifest]
    fingerprint: str = ""
    plan: str = ""
    source: Any = None


class Tally:
    """Counts the records of one shard while they are written."""

    def __init__(self, info: dataset.DatasetInfo) -> None:
        self._info = info
        self._train_ids = dict(info.raw_values)
        self._records = 0
        self._pixels = [0] * info.num_categories
        self._image_pixels = [0] * info.num_categories
        self._void_pixels = 0
        self._raw: Counter[int] = Counter()
        self._skipped: list[tuple[str, str]] = []
        self._findings: Counter[str] = Counter()
        self._first_findings: list[tuple[str, str]] = []

    def add(self, example: dataset.Example) -> None:
        """Counts a record that was written."""
        self._records += 1
        for value, count in example.raw_histogram.items():
            self._raw[value] += count
        if example.findings:
            self._findings.update(finding.kind for finding in example.findings)
            self._first_findings = _first(self._first_findings + [(each.kind, each.text) for each in example.findings])
        pixels = self._counts(example)
        self._void_pixels += pixels.pop(None, 0)
        total = sum(pixels.values())
        for train_id, count in pixels.items():
            self._pixels[train_id] += count
            self._image_pixels[train_id] += total

    def _counts(self, example: dataset.Example) -> Counter[int | None]:
        """Train id, or None for void -> pixels; from the histogram where it counts every pixel."""
        pixels: Counter[int | None] = Counter()
        if sum(example.raw_histogram.values()) == example.height * example.width:
            for value, count in example.raw_histogram.items():
                pixels[self._train_ids[value]] += count
        elif example.semantic is not None:
            for value, count in zip(*(each.tolist() for each in np.unique(example.semantic, return_counts=True))):
                pixels[None if value == self._info.void else value] = count
        return pixels

    def skip(self, key: str, reason: str) -> None:
        """Lists an item that was left out."""
        self._skipped.append((key, reason))

    def result(self, name: str, crc32c: str, size: int = 0) -> SplitManifest:
        """The counts of the shard that was written as file `name`."""
        return SplitManifest(
            records=self._records,
            shards=(Shard(name, self._records, crc32c, size),),
            class_pixels=tuple(self._pixels),
            class_image_pixels=tuple(self._image_pixels),
            void_pixels=self._void_pixels,
            raw_histogram=dict(sorted(self._raw.items())),
            skipped=tuple(sorted(self._skipped)),
            findings=dict(sorted(self._findings.items())),
            first_findings=tuple(self._first_findings),
        )


def merged(parts: Iterable[SplitManifest]) -> SplitManifest:
    """The counts of several shards together, whatever their order."""
    parts = list(parts)
    raw: Counter[int] = Counter()
    findings: Counter[str] = Counter()
    for part in parts:
        raw.update(part.raw_histogram)
        findings.update(part.findings)
    return SplitManifest(
        records=sum(part.records for part in parts),
        shards=tuple(sorted(shard for part in parts for shard in part.shards)),
        class_pixels=_sums(part.class_pixels for part in parts),
        class_image_pixels=_sums(part.class_image_pixels for part in parts),
        void_pixels=sum(part.void_pixels for part in parts),
        raw_histogram=dict(sorted(raw.items())),
        skipped=tuple(sorted(skipped for part in parts for skipped in part.skipped)),
        findings=dict(sorted(findings.items())),
        first_findings=tuple(_first([found for part in parts for found in part.first_findings])),
    )


def to_json(manifest: Manifest) -> str:
    """A manifest as JSON with sorted keys; `from_json` gives an equal one."""
    splits = {name: dataclasses.asdict(split) for name, split in manifest.splits.items()}
    content = {
        "info": json.loads(config.to_json(manifest.info)),
        "splits": splits,
        "fingerprint": manifest.fingerprint,
        "plan": manifest.plan,
        "source": manifest.source and json.loads(config.to_json(manifest.source)),
    }
    return json.dumps(content, sort_keys=True, indent=1) + "\n"


def from_json(text: str) -> Manifest:
    """The manifest that `to_json` wrote."""
    content = json.loads(text)
    splits = {name: split_of(fields) for name, fields in content["splits"].items()}
    info, source = (config.from_json(json.dumps(content[name])) for name in ("info", "source"))
    return Manifest(info, splits, content["fingerprint"], content["plan"], source)


def read(records_dir: str | os.PathLike[str]) -> Manifest:
    """The manifest of a folder of records.

    Raises:
      UserError: there is none, so the folder is not, or not wholly, converted.
    """
    path = Path(records_dir) / FILE
    try:
        return from_json(path.read_text())
    except FileNotFoundError:
        raise errors.UserError(
            f"{path}: the file is missing, so this folder holds no complete records. Convert the data set first."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise errors.UserError(f"{path}: not a manifest to read ({error}). Convert the data set again.") from None


def split_of(fields: dict[str, Any]) -> SplitManifest:
    """The SplitManifest whose `dataclasses.asdict` was written as JSON.

    Raises:
      KeyError, TypeError, ValueError: the fields are not those.
    """
    return SplitManifest(
        **{
            **fields,
            "shards": tuple(Shard(*shard) for shard in fields["shards"]),
            "class_pixels": tuple(fields["class_pixels"]),
            "class_image_pixels": tuple(fields["class_image_pixels"]),
            "raw_histogram": dict(sorted((int(value), count) for value, count in fields["raw_histogram"].items())),
            "skipped": tuple((key, reason) for key, reason in fields["skipped"]),
            "first_findings": tuple((kind, text) for kind, text in fields["first_findings"]),
        }
    )


def split_folder(split: str) -> str:
    """The folder of a split's record files beside the manifest, named as TFX names it."""
    return f"Split-{split}"


def shard_name(index: int, shards: int) -> str:
    """The file name of one of `shards` record files."""
    return f"records-{index:05d}-of-{shards:05d}.tfrecord"


def is_shard_name(name: str) -> bool:
    """Whether a file name is one that `shard_name` gives."""
    return re.fullmatch(r"records-\d{5}-of-\d{5}\.tfrecord", name) is not None


def shards(records_dir: str | os.PathLike[str], split: str) -> list[str]:
    """The paths of a split's record files.

    Raises:
      UserError: the folder is not converted, or has no such split.
    """
    splits = read(records_dir).splits
    if split not in splits:
        raise errors.UserError(f"{records_dir}: {registry.unknown('the splits of these records', split, splits)}")
    return [os.path.join(records_dir, split_folder(split), shard.name) for shard in splits[split].shards]


def _sums(counts: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sum(column) for column in itertools.zip_longest(*counts, fillvalue=0))


def _first(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first few of each kind in the order of the alphabet, whatever the order in which they were found."""
    by_kind = itertools.groupby(sorted(found), key=lambda finding: finding[0])
    return [finding for _, several in by_kind for finding in itertools.islice(several, KEPT_FINDINGS)]
