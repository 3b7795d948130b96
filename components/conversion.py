"""Raw data set -> record shards and their manifest, on Beam. Loads no TensorFlow and no TFX.

The driver lists the items and deals them out to shards; a worker writes a shard (components/shard_writer.py).
What is unfinished lies in the folder `.conversion`; the manifest is written last: a folder without one is not whole.
"""

import dataclasses
import logging
import pickle

import apache_beam as beam

from components import shard_writer, storage
from seg_models import dataset, errors, listing, manifest

MAX_SKIPPED = 0.01
SUMMARY = "summary.pickle"
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
    converted = _run(pipeline, tasks, shard_writer.ConvertShard(dataset_config, output_dir, on_error), output_dir)
    splits = {split: converted[split] for split in listed if split in converted}
    try:
        _check_skipped(splits, sum(task.items for task in tasks), on_error)
        _check_complete(splits, tasks, output_dir)
    except errors.UserError:
        _clear(output_dir)
        raise
    result = manifest.Manifest(info, splits, listing.fingerprint(dataset_config, listed))
    _finish(result, output_dir)
    return result


def _write_tasks(output_dir: str, listed: dict[str, list[listing.Listed]], layout: Layout) -> list[shard_writer.Task]:
    """One task a shard, with its items in the work folder, and the folders for the shards."""
    tasks = []
    for split, entries in listed.items():
        storage.make_folder(storage.join(output_dir, manifest.split_folder(split)))
        dealt = listing.deal(entries, layout.shards, layout.seed)
        for index, several in enumerate(dealt):
            task = shard_writer.Task(split, index, len(dealt), len(several))
            storage.write(storage.join(output_dir, shard_writer.WORK, task.listing), pickle.dumps(several))
            tasks.append(task)
    return tasks


def _run(
    pipeline: beam.Pipeline, tasks: list[shard_writer.Task], convert_shard: shard_writer.ConvertShard, output_dir: str
) -> dict[str, manifest.SplitManifest]:
    """Converts the tasks; gives what was written of each split, by the workers' own account."""
    summary = storage.join(output_dir, shard_writer.WORK, SUMMARY)
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
    return pickle.loads(storage.read(summary)) if storage.exists(summary) else {}


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
            f"{len(skipped)} of {items} items are broken; at most {MAX_SKIPPED:.0%} may be skipped. "
            f"Repair them:{shown}{more}"
        )


def _check_complete(splits: dict[str, manifest.SplitManifest], tasks: list[shard_writer.Task], output_dir: str) -> None:
    """Raises UserError where a runner, for all its success, left out items or files."""
    for split in {task.split: None for task in tasks}:
        expected = [task for task in tasks if task.split == split]
        written = splits.get(split, manifest.SplitManifest())
        converted, items = written.records + len(written.skipped), sum(task.items for task in expected)
        files = {_name(path) for path in storage.files(storage.join(output_dir, manifest.split_folder(split)))}
        named = {shard.name for shard in written.shards}
        lost = (named ^ {manifest.shard_name(task.index, task.count) for task in expected}) | (named - files)
        if converted != items or lost:
            raise errors.UserError(
                f"{output_dir}: the Beam runner says it is done, but {converted} of {items} items of the split {split} "
                f"were converted, and of its {len(expected)} shards {len(lost)} are missing. Use another runner."
            )


def warn_of_counts(info: dataset.DatasetInfo, listed: dict[str, list[listing.Listed]]) -> None:
    """Warns where a split has another number of items than was published."""
    for split, published in info.expected_counts:
        if len(listed.get(split, ())) not in (0, published):
            found = len(listed[split])
            logger.warning("%s: %d items in the split %s; %d are published.", info.name, found, split, published)


def _finish(result: manifest.Manifest, output_dir: str) -> None:
    """Puts the manifest in its place, which makes the folder whole, and tidies up."""
    finished = storage.join(output_dir, shard_writer.WORK, manifest.FILE)
    storage.write(finished, manifest.to_json(result).encode())
    storage.rename(finished, storage.join(output_dir, manifest.FILE))
    storage.delete_folder(storage.join(output_dir, shard_writer.WORK))


def _clear(output_dir: str) -> None:
    """Removes what an earlier conversion left, finished or killed; nothing else."""
    # The manifest goes first: from here on the folder is not whole.
    storage.delete([storage.join(output_dir, manifest.FILE)])
    shards = storage.files(storage.join(output_dir, manifest.split_folder("*")))
    storage.delete([path for path in shards if manifest.is_shard_name(_name(path))])
    storage.delete_folder(storage.join(output_dir, shard_writer.WORK))


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]
