"""What Beam workers do in a verification: look at items, at record files, at keys. Loads no TensorFlow and no TFX.

Every DoFn leaves its findings in a file of the work folder and hands on counts alone.
"""

import functools
import hashlib
import pickle
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

import apache_beam as beam

from components import storage
from seg_models import dataset, errors, inspection, listing, record_comparison, record_files, records, truth_checks

DIGESTS, KEYS = "digests", "keys"
# How the files with findings begin.
FOUND = "found-"
# Bytes that are read of a damaged file at a time, for its checksum.
REST = 1 << 20
# Of images that are the same, as many are named.
NAMED = 4

class Entry(NamedTuple):
    """A listed item and its split."""

    split: str
    listed: listing.Listed


class Bucket(NamedTuple):
    """One of `count` files of the work folder, each with the items whose keys hash to its number."""

    work_dir: str
    number: int
    count: int

    @property
    def path(self) -> str:
        """The file, a pickled list of Entry."""
        return storage.join(self.work_dir, f"items-{self.number:05d}.pickle")

    def of(self, key: str) -> "Bucket":
        """The bucket among these that has a key."""
        return self._replace(number=int(hashlib.sha256(key.encode()).hexdigest()[:12], 16) % self.count)


class InspectItems(beam.DoFn):
    """Bucket -> Summary: loads each item and looks at it; DIGESTS: (sha256 of its image, (split, key, place))."""

    def __init__(self, dataset_config: object, info: dataset.DatasetInfo) -> None:
        self._config = dataset_config
        # Given, not asked for here: to know the classes of some data sets takes reading all annotations.
        self._info = info

    def process(self, bucket: Bucket) -> Iterator[Any]:
        """Looks at the items of a bucket, one at a time in memory."""
        summary, found = inspection.Summary(), []
        entries = pickle.loads(storage.read(bucket.path))
        for split, listed in entries:
            summary.items[split] += 1
            place = truth_checks.place_of(listed.item)
            try:
                example = loaded(self._config, listed)
            except errors.DataError as error:
                found.append(inspection.Placed(split, listed.item.key, "error", str(error)))
                continue
            found += inspection.placed(truth_checks.findings(example, self._info, place), split, listed.item.key)
            digest = hashlib.sha256(example.image_bytes).hexdigest()
            yield beam.pvalue.TaggedOutput(DIGESTS, (digest, (split, listed.item.key, place)))
        yield kept(found, summary, storage.join(bucket.work_dir, f"{FOUND}items-{bucket.number:05d}"))


class InspectShard(beam.DoFn):
    """(number, RecordFile) -> Summary: compares each record with its source; KEYS: (bucket's number, Seen)."""

    def __init__(self, dataset_config: object, bucket: Bucket) -> None:
        self._config = dataset_config
        self._bucket = bucket

    def process(self, element: tuple[int, record_files.RecordFile]) -> Iterator[Any]:
        """Looks at a file, one record and its source at a time in memory."""
        number, file = element
        summary, found = inspection.Summary(), []
        for key in self._compared(file, summary, found):
            yield beam.pvalue.TaggedOutput(KEYS, (self._bucket.of(key).number, (key, file.split, file.path)))
        yield kept(found, summary, storage.join(self._bucket.work_dir, f"{FOUND}shards-{number:05d}"))

    def _compared(
        self, file: record_files.RecordFile, summary: inspection.Summary, found: list[inspection.Placed]
    ) -> Iterator[str]:
        """The keys of a file, while its findings are gathered."""
        split, path = file.split, file.path
        if not storage.exists(path):
            found.append(inspection.Placed(split, "", "changed", f"{path}: the manifest names it, but it is missing."))
            return
        with storage.opened(path) as opened:
            hashed = _Hashed(opened)
            try:
                for index, record in enumerate(records.read(hashed, path)):
                    summary.items[split] += 1
                    key, differences = self._differences(record, file, index, summary)
                    found += (inspection.Placed(split, key, *difference) for difference in differences)
                    if key:
                        yield key
            except errors.DataError as error:
                found.append(inspection.Placed(split, "", "changed", str(error)))
            digest = hashed.hexdigest()
        if file.shard and digest != file.shard.sha256:
            told = f"its sha256 is {digest}, not {file.shard.sha256} as in the manifest"
            found.append(inspection.Placed(split, "", "changed", f"{path}: {told}."))
        if file.shard and summary.items[split] != file.shard.records:
            told = f"{summary.items[split]} records can be read, not {file.shard.records} as in the manifest"
            found.append(inspection.Placed(split, "", "changed", f"{path}: {told}."))

    def _differences(
        self, record: bytes, file: record_files.RecordFile, index: int, summary: inspection.Summary
    ) -> tuple[str, list[tuple[str, str]]]:
        """The key of a record, and (kind, sentence) of each thing wrong with it."""
        try:
            stored = records.decode(record)
        # Bytes that were tampered with may break anything in any way.
        except Exception as error:
            told = f"record {index} cannot be decoded ({type(error).__name__}: {error})"
            return "", [("changed", f"{file.path}: {told}. Convert the data set again.")]
        key, told = stored.key, f"{file.path}: `{stored.key}`"
        entry = self._entry(key)
        if entry is None:
            return key, [("changed", f"{told} is in the records, but is no item of the source.")]
        differences = []
        if file.split and entry.split != file.split:
            differences.append(("changed", f"{told} is in the split {entry.split} of the source, not {file.split}."))
        try:
            source = loaded(self._config, entry.listed)
            place = truth_checks.place_of(entry.listed.item)
            for difference in record_comparison.differences(stored, source):
                differences.append(("changed", f"{told}: {difference} (source: {place})."))
            module = listing.module_of(self._config)
            for path, difference in record_comparison.rebuilt(module, self._config, entry.listed.item, stored):
                summary.rebuilt += 1
                if difference:
                    differences.append(("changed", f"{path}: {difference} (record `{key}` of {file.path})."))
        except errors.DataError as error:
            differences.append(("error", str(error)))
        return key, differences

    def _entry(self, key: str) -> Entry | None:
        return _entries(self._bucket.of(key)).get(key)


class InspectKeys(beam.DoFn):
    """(number of a bucket, {"seen": keys of records}) -> Summary: items without a record, or with two."""

    def __init__(self, bucket: Bucket, whole: Iterable[str], skipped: Iterable[str]) -> None:
        self._bucket = bucket
        self._whole = frozenset(whole)
        self._skipped = frozenset(skipped)

    def process(self, element: tuple[int, Iterable[tuple[str, str, str]]]) -> Iterator[inspection.Summary]:
        """Joins the keys of one bucket."""
        number, seen = element
        places: dict[str, list[tuple[str, str]]] = {}
        for key, split, path in seen:
            if key:
                places.setdefault(key, []).append((split, path))
        found = []
        for key, several in sorted(places.items()):
            if len(several) > 1:
                files = " and ".join(sorted(path for _, path in several))
                told = f"{files}: `{key}` is in the records {len(several)} times"
                found.append(inspection.Placed(several[0][0], key, "changed", f"{told}."))
        for key, entry in sorted(_entries(self._bucket._replace(number=number)).items()):
            if entry.split in self._whole and key not in places and key not in self._skipped:
                place = truth_checks.place_of(entry.listed.item)
                told = f"{place}: `{key}` of the split {entry.split} is missing from the records"
                found.append(inspection.Placed(entry.split, key, "changed", f"{told}."))
        yield kept(found, inspection.Summary(), storage.join(self._bucket.work_dir, f"{FOUND}keys-{number:05d}"))


class InspectDigests(beam.DoFn):
    """(number, images of one sha256 each) -> Summary: the same image under several keys, or in several splits."""

    def __init__(self, work_dir: str) -> None:
        self._work_dir = work_dir

    def process(self, element: tuple[int, Iterable[list[tuple[str, str, str]]]]) -> Iterator[inspection.Summary]:
        """Looks at some of the images that occur more than once."""
        number, groups = element
        found = []
        for group in groups:
            images = sorted(group)
            splits = sorted({split for split, _, _ in images})
            what = f"leak between the splits {' and '.join(splits)}" if len(splits) > 1 else "counts more than once"
            shown = [place for _, _, place in images[:NAMED]]
            told = " and ".join(shown + [f"{len(images) - NAMED} more"] * (len(images) > NAMED))
            text = f"{told}: the same image bytes under {len(images)} keys; {what}."
            found.append(inspection.Placed(images[0][0], images[0][1], "duplicate", text))
        yield kept(sorted(found), inspection.Summary(), storage.join(self._work_dir, f"{FOUND}twice-{number:05d}"))


def loaded(dataset_config: object, listed: listing.Listed) -> dataset.Example:
    """The Example of an item; whatever goes wrong is a DataError that names it."""
    if listed.problem:
        raise errors.DataError(listed.problem)
    try:
        return listing.module_of(dataset_config).load(dataset_config, listed.item)
    except (errors.UserError, MemoryError):
        raise
    # Verification goes on after files that break their format in ways that nobody foresaw.
    except Exception as error:
        place = truth_checks.place_of(listed.item)
        raise errors.DataError(f"{place}: cannot be loaded ({type(error).__name__}: {error}).") from error


def kept(found: list[inspection.Placed], summary: inspection.Summary, path: str) -> inspection.Summary:
    """Counts findings and writes them, or that there are none, to a file; the same one in a second attempt."""
    for each in found:
        summary.add(each)
    storage.write(path, b"".join(map(inspection.to_line, found)))
    return summary


@functools.lru_cache(maxsize=64)
def _entries(bucket: Bucket) -> dict[str, Entry]:
    """The items of a bucket by key, without those whose keys are not their own."""
    listed = pickle.loads(storage.read(bucket.path))
    return {entry.listed.item.key: Entry(*entry) for entry in listed if not entry.listed.problem}


class _Hashed:
    """A file that is read, and the sha256 of all of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Reads and counts in."""
        content = self._file.read(size)
        self._hash.update(content)
        return content

    def hexdigest(self) -> str:
        """Of the file up to its end, which a damaged record may have kept from being read."""
        while self.read(REST):
            pass
        return self._hash.hexdigest()

