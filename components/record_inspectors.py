"""What Beam workers do with records in a verification: compare them with their source. Loads no TensorFlow, no TFX."""

import functools
import pickle
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import apache_beam as beam
import google_crc32c

from components import inspectors, scratch, storage
from seg_models import errors, image_files, inspection, listing, record_comparison, record_files, records, truth_checks

# Bytes that are read of a damaged file at a time, for its checksum.
REST = 1 << 20


class InspectShard(beam.DoFn):
    """(number, RecordFile) -> (SUMMARY, Summary), and of each record (KEY, (its bucket, (key, split, path)))."""

    def __init__(self, dataset_config: object, bucket: inspectors.Bucket, max_pixels: int) -> None:
        self._config = dataset_config
        self._bucket = bucket
        self._max_pixels = max_pixels

    def setup(self) -> None:
        """Beam calls this in each worker before any file."""
        image_files.limit_pixels(self._max_pixels)

    def process(self, element: tuple[int, record_files.RecordFile]) -> Iterator[tuple[str, Any]]:
        """Looks at a file, one record and its source at a time in memory."""
        number, file = element
        summary, found, stop = inspection.Summary(), [], scratch.Stop(self._bucket.work_dir)
        for key in self._compared(file, summary, found):
            if stop.is_set():
                return
            yield inspectors.KEY, (self._bucket.of(key).number, (key, file.split, file.path))
        yield inspectors.SUMMARY, inspectors.kept(found, summary, self._bucket.found_path(f"shards-{number:05d}"))

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
        if file.shard and digest != file.shard.crc32c:
            told = f"its CRC-32C is {digest}, not {file.shard.crc32c} as in the manifest"
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
            differences.append(f"{told} is in the split {entry.split} of the source, not {file.split}.")
        try:
            source = inspectors.loaded(self._config, entry.listed)
            place = truth_checks.place_of(entry.listed.item)
            changed = record_comparison.differences(stored, source)
            differences += [f"{told}: {each} (source: {place})." for each in changed]
            module = listing.module_of(self._config)
            for path, difference in record_comparison.rebuilt(module, self._config, entry.listed.item, stored):
                summary.rebuilt += 1
                differences += [f"{path}: {difference} (record `{key}` of {file.path})."] if difference else []
        except errors.DataError as error:
            return key, [*(("changed", text) for text in differences), ("error", str(error))]
        return key, [("changed", text) for text in differences]

    def _entry(self, key: str) -> inspectors.Entry | None:
        return _entries(self._bucket.of(key)).get(key)


class InspectKeys(beam.DoFn):
    """(number of a bucket, (key, split, path) of records) -> Summary: items without a record, or with two."""

    def __init__(self, bucket: inspectors.Bucket, whole: Iterable[str], skipped: Iterable[str]) -> None:
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
        yield inspectors.kept(found, inspection.Summary(), self._bucket.found_path(f"keys-{number:05d}"))


@functools.lru_cache(maxsize=64)
def _entries(bucket: inspectors.Bucket) -> dict[str, inspectors.Entry]:
    """The items of a bucket by key, without those whose keys are not their own."""
    listed = pickle.loads(storage.read(bucket.path))
    return {entry.listed.item.key: inspectors.Entry(*entry) for entry in listed if not entry.listed.problem}


class _Hashed:
    """A file that is read, and the CRC-32C of all of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._checksum = 0

    def read(self, size: int) -> bytes:
        """Reads and counts in."""
        content = self._file.read(size)
        self._checksum = google_crc32c.extend(self._checksum, content)
        return content

    def hexdigest(self) -> str:
        """Of the file up to its end, which a damaged record may have kept from being read."""
        while self.read(REST):
            pass
        return f"{self._checksum:08x}"
