"""Raw data set -> record shards and their manifest, on Beam. Loads no TensorFlow and no TFX.

The driver lists the items and deals them out to shards; a worker writes a shard (components/shard_writer.py) and an
account of it. What is unfinished lies in the folder `.conversion` (components/work_folder.py), so that a killed
conversion goes on from there; the manifest is written last: a folder without one is not whole.
"""

import dataclasses
import logging
import os
import uuid
from collections.abc import Sequence

import apache_beam as beam

from components import direct_mode, pipeline_run, progress, shard_writer, storage, work_folder
from seg_models import dataset, errors, listing, manifest

SHOWN = 20

logger = logging.getLogger("segline")

Tasks = dict[work_folder.Task, Sequence[listing.Listed]]


@dataclasses.dataclass(frozen=True)
class Layout:
    """How the items of a split are laid out in files.

    Attributes:
      shards: files per split; 0: one for every 100 items, at least 2.
      seed: of the order of the items.
    """

    shards: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.shards < 0:
            raise errors.UserError(f"`shards` is {self.shards}; expected 1 or more, or 0: one for every 100 images.")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is written, and when it is not.

    Attributes:
      rules: what is done with items that cannot be converted.
      layout: files per split and the order in them.
      required: splits that must have items; others may be absent.
      overwrite: begin anew, whatever is finished, and replace finished records of other files or settings.
    """

    rules: shard_writer.Rules = shard_writer.Rules()
    layout: Layout = Layout()
    required: tuple[str, ...] = ()
    overwrite: bool = False


def convert(
    dataset_config: object, output_dir: str, pipeline: beam.Pipeline, settings: Settings = Settings()
) -> manifest.Manifest:
    """Converts a data set and waits until it is done.

    The shards are the same bytes whatever the runner, the number of workers, the order of listing, and however often
    it was killed before: finished shards whose source files have not changed since are not written again.

    Args:
      dataset_config: Config of a module in seg_models.datasets.
      output_dir: gets manifest.json and a folder for every split that has items; other records in it are removed.
      pipeline: empty; its options say where it runs.
      settings: see there.

    Returns:
      The manifest.

    Raises:
      DataError: an item breaks the label contract.
      UserError: more than 1 % were skipped, the data set is not there, the folder cannot be written, or the runner did
        not do all its work.
    """
    listed, info = _listed(dataset_config, settings.required)
    _check_folder(output_dir, listed)
    tasks = _tasks(listed, settings.layout, listing.settings_hash(dataset_config))
    work = work_folder.WorkFolder(output_dir, uuid.uuid4().hex, settings.rules.of_shards)
    if not settings.overwrite and (finished := _finished(work, list(tasks))):
        return finished
    done = {} if settings.overwrite else work.accounts(list(tasks))
    work.clear(kept=list(done))
    if done:
        logger.info("%d of %d shards are finished already.", len(done), len(tasks))
    todo = {task: entries for task, entries in tasks.items() if task not in done}
    _run(pipeline, todo, shard_writer.ConvertShard(dataset_config, info, work, settings.rules), len(done))
    splits = _splits(work, list(tasks))
    _check_skipped(splits, sum(task.items for task in tasks), settings.rules.max_skipped)
    fingerprint = listing.fingerprint(dataset_config, listed)
    result = manifest.Manifest(info, splits, fingerprint, work.plan(list(tasks), splits), dataset_config)
    work.close(result)
    return result


def _listed(
    dataset_config: object, required: Sequence[str]
) -> tuple[dict[str, list[listing.Listed]], dataset.DatasetInfo]:
    """The items of the data set by split, and what it is; tells the user what is remarkable about them."""
    module = listing.module_of(dataset_config)
    if hasattr(module, "found"):
        logger.info(module.found(dataset_config))
    listed = listing.items(dataset_config, required)
    info = dataset.info_of(module, dataset_config)
    for split in listing.FOR_TRAINING:
        if split not in listed:
            logger.warning("%s: no items in the split %s, so these records do not serve to train.", info.name, split)
    for split, published in info.expected_counts:
        if len(listed.get(split, ())) not in (0, published):
            found = len(listed[split])
            logger.warning("%s: %d items in the split %s; %d are published.", info.name, found, split, published)
    return listed, info


def _tasks(listed: dict[str, list[listing.Listed]], layout: Layout, settings_hash: str) -> Tasks:
    """One task a shard, with its items."""
    tasks = {}
    for split, entries in listed.items():
        dealt = listing.deal(entries, layout.shards, layout.seed)
        for index, several in enumerate(dealt):
            fingerprint = listing.fingerprint_of(settings_hash, several)
            tasks[work_folder.Task(split, index, len(dealt), len(several), fingerprint)] = several
    return tasks


def _finished(work: work_folder.WorkFolder, tasks: list[work_folder.Task]) -> manifest.Manifest | None:
    """The manifest of the finished conversion of these tasks; UserError where the folder holds one of others."""
    found = work.finished()
    if found is None:
        return None
    if found.plan != work.plan(tasks, found.splits):
        images = sum(split.records for split in found.splits.values())
        raise errors.UserError(
            f"{work.output_dir}: holds finished records of {found.info.name}, {images} images, of other files or "
            "settings than these. Give another folder, or --overwrite to replace them."
        )
    if not work.has_shards_of(found):
        return None
    logger.info("%s is up to date; nothing was written.", work.output_dir)
    return found


def _run(pipeline: beam.Pipeline, tasks: Tasks, convert_shard: shard_writer.ConvertShard, done: int) -> None:
    """Converts the tasks; `done` others were before.

    Raises:
      DataError: an item breaks the label contract, and none may.
    """
    work = convert_shard.work
    work.take_over(tasks)
    if not tasks:
        return
    # Here too, for the mode is chosen by images that are converted here.
    convert_shard.setup()
    items = [entry.item for entries in tasks.values() for entry in entries if not entry.problem]
    direct_mode.choose(pipeline, convert_shard.record_of, items)
    shards = pipeline | "Shards" >> beam.Create(list(tasks))
    spread = shards | "Spread" >> beam.Reshuffle()  # without it, Create and ParDo are one stage on one worker
    spread | "Convert" >> beam.ParDo(convert_shard)
    with progress.shown(work, list(tasks), done):
        pipeline_run.run(pipeline, work.stop)
    if failure := work.failure():
        raise errors.DataError(failure)


def _splits(work: work_folder.WorkFolder, tasks: list[work_folder.Task]) -> dict[str, manifest.SplitManifest]:
    """What was written of each split; UserError where a runner, for all its success, left out shards."""
    accounts = work.accounts(tasks)
    missing = [task for task in tasks if task not in accounts]
    if missing:
        raise errors.UserError(
            f"{work.output_dir}: the Beam runner says it is done, but of {len(tasks)} shards {len(missing)} are "
            f"missing, {missing[0].name} among them. Its workers must see this folder and the source files; or choose "
            "another --runner."
        )
    splits = dict.fromkeys(task.split for task in tasks)
    return {split: manifest.merged(part for task, part in accounts.items() if task.split == split) for split in splits}


def _check_folder(output_dir: str, listed: dict[str, list[listing.Listed]]) -> None:
    """Raises UserError where the records would lie among the files they are made from, or cannot be in a folder."""
    if set(output_dir) & set("*?["):
        raise errors.UserError(f"{output_dir}: has one of the signs *, ? and [, which Beam takes for patterns.")
    if os.path.isfile(output_dir):
        raise errors.UserError(f"{output_dir}: is a file; expected a folder, which is made where it is not there.")
    paths = (path for entries in listed.values() for entry in entries for _, path in entry.item.paths)
    sources = {os.path.dirname(os.path.abspath(path)) for path in paths}
    above = os.path.abspath(output_dir)
    while True:
        if above in sources:
            raise errors.UserError(
                f"{output_dir}: lies in {above}, which holds files of the data set. Give another folder."
            )
        if above == os.path.dirname(above):
            return
        above = os.path.dirname(above)


def _check_skipped(splits: dict[str, manifest.SplitManifest], items: int, most: float) -> None:
    """Raises UserError where more of the items are broken than may be."""
    skipped = [entry for split in splits.values() for entry in split.skipped]
    if len(skipped) > most * items:
        shown = "".join(f"\n  {reason}" for _, reason in skipped[:SHOWN])
        more = f"\n  and {len(skipped) - SHOWN} more" if len(skipped) > SHOWN else ""
        raise errors.UserError(
            f"{len(skipped)} of {items} items are broken; at most {most:.0%} may be skipped. "
            f"Repair them, or allow more by --max_skipped {len(skipped) / items:.2f}:{shown}{more}"
        )
