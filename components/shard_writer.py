"""What a Beam worker does in a conversion: writes one shard, an image at a time. Loads no TensorFlow and no TFX."""

import dataclasses
import time
from collections.abc import Iterator

import apache_beam as beam

from components import storage, work_folder
from seg_models import dataset, errors, image_files, listing, manifest, records

ON_ERROR = ("fail", "skip")
# A worker looks this often, in seconds, whether it is to stop: seldom enough for storage far away.
LOOK_EVERY = 1.0


@dataclasses.dataclass(frozen=True)
class Rules:
    """What is done with items that cannot be converted.

    Attributes:
      on_error: "fail" at the first of them, or "skip" and list them.
      max_pixels: an image with more is one of them.
      max_skipped: the fraction of all items that may be left out.
    """

    on_error: str = "fail"
    max_pixels: int = image_files.MAX_PIXELS
    max_skipped: float = 0.01

    @property
    def of_shards(self) -> str:
        """What decides which items of a shard are left out."""
        return f"{self.on_error}, {self.max_pixels} pixels"

    def __post_init__(self) -> None:
        if self.on_error not in ON_ERROR:
            raise errors.UserError(f"`on_error` is `{self.on_error}`; expected `fail` or `skip`.")
        if self.max_pixels < 1:
            raise errors.UserError(f"`max_pixels` is {self.max_pixels}; expected 1 or more.")
        if not 0 <= self.max_skipped <= 1:
            raise errors.UserError(f"`max_skipped` is {self.max_skipped}; expected a fraction from 0 to 1.")


class ConvertShard(beam.DoFn):
    """Task -> its name: writes the shard, then the account of it; never two images in memory."""

    def __init__(
        self, dataset_config: object, info: dataset.DatasetInfo, work: work_folder.WorkFolder, rules: Rules
    ) -> None:
        self._config = dataset_config
        # Given, not asked for here: to know the classes of some data sets takes reading all annotations.
        self._info = info
        self.work = work
        self._rules = rules

    def setup(self) -> None:
        """Beam calls this in each worker before any task."""
        image_files.limit_pixels(self._rules.max_pixels)
        self._looked = -LOOK_EVERY
        self._stopped = False

    def process(self, task: work_folder.Task) -> Iterator[str]:
        """Writes a shard under a temporary name, which no second attempt shares, and renames it."""
        if self._must_stop():
            return
        partial = self.work.partial_path(task)
        tally = manifest.Tally(self._info)
        with storage.create(partial) as sink:
            whole = all(self._convert(entry, sink, tally) for entry in self.work.entries(task))
        # A last look: the data may have changed under the hands of a worker that was forgotten.
        if not whole or not self.work.is_at_work():
            storage.delete([partial])
            return
        storage.rename(partial, self.work.shard_path(task))
        self.work.finish(task, tally.result(task.shard, sink.crc32c, sink.size))
        yield task.name

    def record_of(self, item: dataset.Item) -> tuple[dataset.Example, bytes]:
        """The Example of an item and the record it becomes; DataError where it is broken."""
        example = listing.module_of(self._config).load(self._config, item)
        return example, records.encode(example)

    def _convert(self, entry: listing.Listed, sink: storage.Sink, tally: manifest.Tally) -> bool:
        """Converts one item; False where the shard is not to be finished."""
        if self._must_stop():
            return False
        try:
            if entry.problem:
                raise errors.DataError(entry.problem)
            example, record = self.record_of(entry.item)
        except errors.DataError as error:
            if self._rules.on_error == "fail":
                # Handed on as a file, not raised: Beam would try again and wrap the error in its own.
                self.work.stop(str(error))
                return False
            tally.skip(entry.item.key, str(error))
            return True
        records.write(sink, record)
        tally.add(example)
        return True

    def _must_stop(self) -> bool:
        now = time.monotonic()
        if not self._stopped and now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._stopped = not self.work.is_at_work()
        return self._stopped
