"""What Beam workers do with items in a verification: look at them one by one. Loads no TensorFlow and no TFX.

Every DoFn leaves its findings in a file of the work folder and hands on counts alone.
"""

import hashlib
import pickle
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam

from components import scratch, storage
from seg_models import dataset, errors, image_files, inspection, listing, truth_checks

# What the DoFns give: pairs of one of these and a value. Not every runner keeps Beam's tagged outputs apart.
SUMMARY, DIGEST, KEY = "summary", "digest", "key"
# How the files with findings begin.
FOUND = "found-"
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

    def found_path(self, name: str) -> str:
        """A file of the work folder for findings."""
        return storage.join(self.work_dir, f"{FOUND}{name}")

    def of(self, key: str) -> "Bucket":
        """The bucket among these that has a key."""
        return self._replace(number=int(hashlib.sha256(key.encode()).hexdigest()[:12], 16) % self.count)


class InspectItems(beam.DoFn):
    """Bucket -> (SUMMARY, Summary), and of each item (DIGEST, (sha256 of its image, (split, key, place)))."""

    def __init__(self, dataset_config: object, info: dataset.DatasetInfo, max_pixels: int) -> None:
        self._config = dataset_config
        # Given, not asked for here: to know the classes of some data sets takes reading all annotations.
        self._info = info
        self._max_pixels = max_pixels

    def setup(self) -> None:
        """Beam calls this in each worker before any bucket."""
        image_files.limit_pixels(self._max_pixels)

    def process(self, bucket: Bucket) -> Iterator[tuple[str, Any]]:
        """Looks at the items of a bucket, one at a time in memory."""
        summary, found, stop = inspection.Summary(), [], scratch.Stop(bucket.work_dir)
        entries = pickle.loads(storage.read(bucket.path))
        for split, listed in entries:
            if stop.is_set():
                return
            summary.items[split] += 1
            key = listed.item.key
            try:
                example, findings = self.look_at(listed)
            except errors.DataError as error:
                found.append(inspection.Placed(split, key, "error", str(error)))
                continue
            found += inspection.placed(findings, split, key)
            digest = hashlib.sha256(example.image_bytes).hexdigest()
            yield DIGEST, (digest, (split, key, truth_checks.place_of(listed.item)))
        yield SUMMARY, kept(found, summary, bucket.found_path(f"items-{bucket.number:05d}"))

    def look_at(self, listed: listing.Listed) -> tuple[dataset.Example, list[dataset.Finding]]:
        """Loads an item; DataError where it cannot be."""
        example = loaded(self._config, listed)
        return example, list(truth_checks.findings(example, self._info, truth_checks.place_of(listed.item)))


class InspectDigests(beam.DoFn):
    """(number, images of one sha256 each) -> Summary: the same image under several keys, or in several splits."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

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
        yield kept(sorted(found), inspection.Summary(), self._bucket.found_path(f"twice-{number:05d}"))


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
