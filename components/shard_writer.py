"""What a Beam worker does in a conversion: writes one shard, an image at a time. Loads no TensorFlow and no TFX."""

import dataclasses
import hashlib
import logging
import pickle
import time
from collections.abc import Iterator
from typing import BinaryIO

import apache_beam as beam

from components import storage
from seg_models import dataset, errors, listing, manifest, records

# The folder, beside those of the splits, for all that is unfinished, and the file in it that stops all workers.
WORK = ".conversion"
FAILED = "failed"

logger = logging.getLogger("segline")


@dataclasses.dataclass(frozen=True)
class Task:
    """One shard to convert: its split, its place among the split's `count` shards, the number of its items."""

    split: str
    index: int
    count: int
    items: int

    @property
    def listing(self) -> str:
        """The file in the work folder with its items, which are too many to travel in a job's description."""
        return f"items-{self.split}-{self.index:05d}.pickle"


class ConvertShard(beam.DoFn):
    """Task -> (split, SplitManifest): writes one shard; never two images in memory."""

    def __init__(self, dataset_config: object, output_dir: str, on_error: str) -> None:
        self._config = dataset_config
        self._output_dir = output_dir
        self._on_error = on_error

    def process(self, task: Task) -> Iterator[tuple[str, manifest.SplitManifest]]:
        """Writes a shard under a temporary name, which no second attempt shares, and renames it."""
        failed = storage.join(self._output_dir, WORK, FAILED)
        # A broken item is handed on as a result, not raised: Beam would try again and wrap the error in its own.
        if self._on_error == "fail" and storage.exists(failed):
            return
        started = time.monotonic()
        name = manifest.shard_name(task.index, task.count)
        partial = storage.partial_name(storage.join(self._output_dir, WORK, f"{task.split}-{name}"))
        tally = manifest.Tally(dataset.info_of(listing.module_of(self._config), self._config))
        with storage.create(partial) as file:
            hashed = _Hashed(file)
            for entry in pickle.loads(storage.read(storage.join(self._output_dir, WORK, task.listing))):
                if not self._convert(entry, hashed, tally):
                    storage.write(failed, b"")
                    break
        storage.rename(partial, storage.join(self._output_dir, manifest.split_folder(task.split), name))
        _log(task, time.monotonic() - started)
        yield task.split, tally.result(name, hashed.hexdigest())

    def _convert(self, entry: listing.Listed, file: "_Hashed", tally: manifest.Tally) -> bool:
        """Converts one item; False where it is broken and nothing may be."""
        try:
            if entry.problem:
                raise errors.DataError(entry.problem)
            example = listing.module_of(self._config).load(self._config, entry.item)
            record = records.encode(example)
        except errors.DataError as error:
            tally.skip(entry.item.key, str(error))
            return self._on_error == "skip"
        records.write(file, record)
        tally.add(example)
        return True


class _Hashed:
    """A file that is written to, and the sha256 of what was."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def write(self, content: bytes) -> None:
        """Writes and counts in."""
        self._file.write(content)
        self._hash.update(content)

    def hexdigest(self) -> str:
        """Of everything written so far."""
        return self._hash.hexdigest()


def _log(task: Task, seconds: float) -> None:
    place = f"{task.split}: shard {task.index + 1} of {task.count}"
    logger.info("%s, %d images, %.0f a second", place, task.items, task.items / max(seconds, 1e-9))
