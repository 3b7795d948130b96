"""Raw data set -> record shards and their manifest, on Beam. Workers load no TensorFlow and no TFX.

The driver lists the items and deals them out to shards; one call of ConvertShard writes one shard, an image at a time.
All that is unfinished lies in the folder `.conversion`, and the manifest is written last: a folder without one is not whole.
"""

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

MAX_SKIPPED = 0.01
WORK = ".conversion"
SUMMARY = "summary.pickle"
FAILED = "failed"
SHOWN = 20

logger = logging.getLogger("segline")


@dataclasses.dataclass(frozen=True)
class Layout:
    """How the items of a split are laid out in files.

    Attributes:
      shards: files per split; 0: one for every 100 items, at least 2.
      seed: of the order of the items.
    """

    shards: int = 0
    seed: int = 0


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


def convert(
    dataset_config: object, output_dir: str, pipeline: beam.Pipeline, on_error: str = "fail", layout: Layout = Layout()
) -> manifest.Manifest:
    """Converts a data set and waits until it is done.

    The shards are the same bytes whatever the runner, the number of workers and the order in which items are listed.

    Args:
      dataset_config: Config of a module in seg_models.datasets.
      output_dir: gets manifest.json and a folder for every split that has items; records in it are replaced.
      pipeline: empty; its options say where it runs.
      on_error: "fail" at the first item that breaks the label contract, or "skip" and list those.
      layout: files per split and the order in them.

    Returns:
      The manifest.

    Raises:
      DataError: an item breaks the label contract.
      UserError: more than 1 % were skipped, the data set is not there, or the runner did not do all its work.
    """
    if on_error not in ("fail", "skip"):
        raise errors.UserError(f"`on_error` is `{on_error}`; expected `fail` or `skip`.")
    listed = listing.items(dataset_config)
    info = dataset.info_of(listing.module_of(dataset_config), dataset_config)
    warn_of_counts(info, listed)
    _clear(output_dir)
    tasks = _write_tasks(output_dir, listed, layout)
    summary = storage.join(output_dir, WORK, SUMMARY)
    _run(pipeline, tasks, ConvertShard(dataset_config, output_dir, on_error), summary)
    splits = pickle.loads(storage.read(summary)) if storage.exists(summary) else {}
    splits = {split: splits[split] for split in listed if split in splits}
    try:
        _check_skipped(splits, sum(task.items for task in tasks), on_error)
        _check_complete(splits, tasks, output_dir)
    except errors.UserError:
        _clear(output_dir)
        raise
    result = manifest.Manifest(info, splits, listing.fingerprint(dataset_config, listed))
    finished = storage.join(output_dir, WORK, manifest.FILE)
    storage.write(finished, manifest.to_json(result).encode())
    storage.rename(finished, storage.join(output_dir, manifest.FILE))
    storage.delete_folder(storage.join(output_dir, WORK))
    return result


class ConvertShard(beam.DoFn):
    """Task -> (split, SplitManifest): writes one shard; never two images in memory."""

    def __init__(self, dataset_config: object, output_dir: str, on_error: str) -> None:
        self._config = dataset_config
        self._output_dir = output_dir
        self._on_error = on_error

    def process(self, task: Task) -> Iterator[tuple[str, manifest.SplitManifest]]:
        """Writes a shard under a temporary name, which no second attempt shares, and renames it."""
        failed = storage.join(self._output_dir, WORK, FAILED)
        # A broken item is handed on as a result, not raised: Beam would try again and wrap the error beyond recognition.
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
        speed = task.items / max(time.monotonic() - started, 1e-9)
        logger.info("%s: shard %d of %d, %d images, %.0f a second", task.split, task.index + 1, task.count, task.items, speed)
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
        self._file.write(content)
        self._hash.update(content)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _write_tasks(output_dir: str, listed: dict[str, list[listing.Listed]], layout: Layout) -> list[Task]:
    """One task a shard, with its items in the work folder, and the folders for the shards."""
    tasks = []
    for split, entries in listed.items():
        storage.make_folder(storage.join(output_dir, manifest.split_folder(split)))
        dealt = listing.deal(entries, layout.shards, layout.seed)
        for index, several in enumerate(dealt):
            task = Task(split, index, len(dealt), len(several))
            storage.write(storage.join(output_dir, WORK, task.listing), pickle.dumps(several))
            tasks.append(task)
    return tasks


def _run(pipeline: beam.Pipeline, tasks: list[Task], convert_shard: ConvertShard, summary: str) -> None:
    """Converts the tasks and leaves {split: SplitManifest} in the file `summary`."""
    splits = (
        pipeline
        | "Shards" >> beam.Create(tasks)
        | "Spread" >> beam.Reshuffle()  # without it, Create and ParDo are one stage on one worker
        | "Convert" >> beam.ParDo(convert_shard)
        | "Merge" >> beam.CombinePerKey(manifest.merged)
        | "Gather" >> beam.combiners.ToDict()
    )
    splits | "Summarise" >> beam.Map(_write_summary, summary)
    pipeline.run().wait_until_finish()


def _write_summary(splits: dict[str, manifest.SplitManifest], path: str) -> None:
    storage.write(path, pickle.dumps(splits))


def _check_skipped(splits: dict[str, manifest.SplitManifest], items: int, on_error: str) -> None:
    """Raises the first broken item's error, or UserError where more than 1 % are broken."""
    skipped = [entry for split in splits.values() for entry in split.skipped]
    if skipped and on_error == "fail":
        raise errors.DataError(skipped[0][1])
    if len(skipped) > MAX_SKIPPED * items:
        shown = "".join(f"\n  {reason}" for _, reason in skipped[:SHOWN])
        more = f"\n  and {len(skipped) - SHOWN} more" if len(skipped) > SHOWN else ""
        raise errors.UserError(
            f"{len(skipped)} of {items} items are broken; at most {MAX_SKIPPED:.0%} may be skipped. Repair them:{shown}{more}"
        )


def _check_complete(splits: dict[str, manifest.SplitManifest], tasks: list[Task], output_dir: str) -> None:
    """Raises UserError where a runner, for all its success, left out items or files."""
    for split in {task.split: None for task in tasks}:
        expected = [task for task in tasks if task.split == split]
        written = splits.get(split, manifest.SplitManifest())
        converted, items = written.records + len(written.skipped), sum(task.items for task in expected)
        files = {_name(path) for path in storage.files(storage.join(output_dir, manifest.split_folder(split)))}
        lost = {shard.name for shard in written.shards} ^ {manifest.shard_name(task.index, task.count) for task in expected}
        lost |= {shard.name for shard in written.shards} - files
        if converted != items or lost:
            raise errors.UserError(
                f"{output_dir}: the Beam runner says it is done, but {converted} of {items} items of the split {split} were "
                f"converted, and of its {len(expected)} shards {len(lost)} are missing. Use another runner."
            )


def warn_of_counts(info: dataset.DatasetInfo, listed: dict[str, list[listing.Listed]]) -> None:
    for split, published in info.expected_counts:
        if len(listed.get(split, ())) not in (0, published):
            logger.warning("%s: %d items in the split %s; %d are published.", info.name, len(listed[split]), split, published)


def _clear(output_dir: str) -> None:
    """Removes what an earlier conversion left, finished or killed; nothing else."""
    # The manifest goes first: from here on the folder is not whole.
    storage.delete([storage.join(output_dir, manifest.FILE)])
    shards = storage.files(storage.join(output_dir, manifest.split_folder("*")))
    storage.delete([path for path in shards if manifest.is_shard_name(_name(path))])
    storage.delete_folder(storage.join(output_dir, WORK))


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]
