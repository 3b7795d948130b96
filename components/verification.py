"""A raw data set looked at before conversion, or records compared with it after, on Beam. Loads no TensorFlow, no TFX.

The driver lists the items into files of a work folder; workers (components/inspectors.py) look at one image at a time
and leave their findings there; the driver strings those together. Nothing holds the data set or its findings.
"""

import dataclasses
import logging
import pickle
from collections.abc import Iterator, Sequence

import apache_beam as beam

from components import direct_mode, inspectors, pipeline_run, progress, record_inspectors, scratch, storage
from seg_models import dataset, errors, image_files, inspection, listing, manifest, record_files

SUMMARY = "summary.pickle"
JSON, CSV = "findings.json", "findings.csv"
ITEMS_PER_BUCKET = 100
# More buckets than workers, so that none waits for the last one.
LEAST_BUCKETS = 8
DIGEST_GROUPS = 16

logger = logging.getLogger("segline")


@dataclasses.dataclass(frozen=True)
class Scope:
    """What of the data set is looked at.

    Attributes:
      split: the only one; "": all.
      output_dir: gets findings.json and findings.csv; "": none are written.
      max_pixels: an image with more is an error.
    """

    split: str = ""
    output_dir: str = ""
    max_pixels: int = image_files.MAX_PIXELS


def verify_source(dataset_config: object, pipeline: beam.Pipeline, scope: Scope = Scope()) -> inspection.Summary:
    """Loads every item, decodes it wholly and looks for what is wrong or doubtful.

    Args:
      dataset_config: Config of a module in seg_models.datasets.
      pipeline: empty; its options say where it runs.
      scope: what is looked at.

    Raises:
      UserError: the data set is not there, or the runner did not do all its work.
    """
    info = dataset.info_of(listing.module_of(dataset_config), dataset_config)
    listed = _listed(dataset_config, scope.split)
    with scratch.folder(scope.output_dir) as work_dir:
        first = _write_buckets(work_dir, listed)
        inspect = inspectors.InspectItems(dataset_config, info, scope.max_pixels)
        _choose_mode(pipeline, inspect, listed)
        looked = (
            pipeline
            | "Buckets" >> beam.Create([first._replace(number=number) for number in range(first.count)])
            | "Spread" >> beam.Reshuffle()  # without it, Create and ParDo are one stage on one worker
            | "Look" >> beam.ParDo(inspect)
        )
        twice = (
            _only(inspectors.DIGEST, looked)
            | "By digest" >> beam.GroupByKey()
            | "Twice" >> beam.Map(lambda group: (group[0], list(group[1])))
            | "Several" >> beam.Filter(lambda group: len(group[1]) > 1)
            | "In groups" >> beam.Map(lambda group: (int(group[0][:8], 16) % DIGEST_GROUPS, group[1]))
            | "Gather groups" >> beam.GroupByKey()
            | "Tell" >> beam.ParDo(inspectors.InspectDigests(first))
        )
        summary = _run(pipeline, [_only(inspectors.SUMMARY, looked), twice], work_dir, first.count)
        _check_complete(summary, {split: len(several) for split, several in listed.items()})
        _add(summary, _counts(info, listed), work_dir)
        _finish(info.name, summary, work_dir, scope.output_dir)
    return summary


def verify_records(
    dataset_config: object, files: Sequence[record_files.RecordFile], pipeline: beam.Pipeline, scope: Scope = Scope()
) -> inspection.Summary:
    """Compares every record with its source, value by value, and rebuilds the source's maps from it.

    Args:
      dataset_config: that the records were converted with.
      files: the record files.
      pipeline: empty; its options say where it runs.
      scope: what is looked at.

    Raises:
      UserError: the data set is not there, or the runner did not do all its work.
    """
    info = dataset.info_of(listing.module_of(dataset_config), dataset_config)
    known = record_files.manifest_of(files)
    if known and known.source is not None and type(known.source) is not type(dataset_config):
        told = f"records of {known.info.name}, not of {info.name}; give that data set"
        raise errors.UserError(f"{files[0].path}: {told}.")
    skipped = {split: dict(each.skipped) for split, each in known.splits.items()} if known else {}
    with scratch.folder(scope.output_dir) as work_dir:
        # Keys are unique over all splits, so a record in the wrong one is found too.
        listed = _listed(dataset_config, "")
        first = _write_buckets(work_dir, listed)
        inspect = record_inspectors.InspectShard(dataset_config, first, scope.max_pixels)
        # To look at an item takes about as long as to compare it with its record.
        _choose_mode(pipeline, inspectors.InspectItems(dataset_config, info, scope.max_pixels), listed)
        looked = (
            pipeline
            | "Files" >> beam.Create(list(enumerate(files)))
            | "Spread" >> beam.Reshuffle()
            | "Compare" >> beam.ParDo(inspect)
        )
        nothing = pipeline | "All buckets" >> beam.Create([(number, ("", "", "")) for number in range(first.count)])
        whole = record_files.whole_splits(files)
        left_out = [key for each in skipped.values() for key in each]
        keys = (
            (_only(inspectors.KEY, looked), nothing)
            | "With all" >> beam.Flatten()
            | "By bucket" >> beam.GroupByKey()
            | "Join" >> beam.ParDo(record_inspectors.InspectKeys(first, whole, left_out))
        )
        summary = _run(pipeline, [_only(inspectors.SUMMARY, looked), keys], work_dir, len(files))
        _add(summary, _told_by_manifest(known, info, skipped, whole), work_dir)
        _finish(info.name, summary, work_dir, scope.output_dir)
    return summary


def _listed(dataset_config: object, split: str) -> dict[str, list[listing.Listed]]:
    """The items to look at, by split; tells the user which of several layouts was found."""
    module = listing.module_of(dataset_config)
    if hasattr(module, "found"):
        logger.info(module.found(dataset_config))
    listed = listing.items(dataset_config, (split,) if split else ())
    return {name: several for name, several in listed.items() if split in ("", name)}


def _choose_mode(
    pipeline: beam.Pipeline, inspect: inspectors.InspectItems, listed: dict[str, list[listing.Listed]]
) -> None:
    """Lets a few items tell how this machine's cores are used best, where the options leave it open."""
    inspect.setup()
    items = [each.item for several in listed.values() for each in several if not each.problem]
    direct_mode.choose(pipeline, lambda item: inspect.look_at(listing.Listed(item)), items)


def _write_buckets(work_dir: str, listed: dict[str, list[listing.Listed]]) -> inspectors.Bucket:
    """Writes the items to the files that workers read; gives the first of them."""
    total = sum(map(len, listed.values()))
    first = inspectors.Bucket(work_dir, 0, max(min(total, LEAST_BUCKETS), -(-total // ITEMS_PER_BUCKET)))
    dealt: list[list[inspectors.Entry]] = [[] for _ in range(first.count)]
    for split, several in listed.items():
        for each in several:
            dealt[first.of(each.item.key).number].append(inspectors.Entry(split, each))
    for number, entries in enumerate(dealt):
        storage.write(first._replace(number=number).path, pickle.dumps(entries))
    return first


def _only(name: str, looked: beam.PCollection) -> beam.PCollection:
    """The values of one name among what a DoFn gave."""
    named = looked | f"Only {name}" >> beam.Filter(lambda each: each[0] == name)
    return named | f"Each {name}" >> beam.Map(lambda each: each[1])


def _run(
    pipeline: beam.Pipeline, summaries: list[beam.PCollection], work_dir: str, parts: int
) -> inspection.Summary:
    """Runs it all, which makes so many parts; the summaries together."""
    path = storage.join(work_dir, SUMMARY)
    total = summaries | "All" >> beam.Flatten() | "Merge" >> beam.CombineGlobally(inspection.merged).without_defaults()
    total | "Summarise" >> beam.Map(_write_summary, path)

    def told(seconds: float) -> str:
        return progress.parts(len(storage.files(work_dir, inspectors.FOUND + "*")), parts, seconds)

    with progress.told(told):
        pipeline_run.run(pipeline, scratch.Stop(work_dir).set)
    if not storage.exists(path):
        raise errors.UserError(f"{work_dir}: the Beam runner says it is done, but nothing was. Use another runner.")
    return pickle.loads(storage.read(path))


def _write_summary(summary: inspection.Summary, path: str) -> None:
    storage.write(path, pickle.dumps(summary))


def _check_complete(summary: inspection.Summary, items: dict[str, int]) -> None:
    """Raises UserError where a runner, for all its success, left out items."""
    for split, count in items.items():
        if summary.items[split] != count:
            raise errors.UserError(
                f"the Beam runner says it is done, but {summary.items[split]} of {count} items of the split {split} "
                "were looked at. Use another runner."
            )


def _counts(info: dataset.DatasetInfo, listed: dict[str, list[listing.Listed]]) -> Iterator[inspection.Placed]:
    """Splits with another number of items than was published."""
    for split, published in info.expected_counts:
        found = len(listed.get(split, ()))
        if found not in (0, published):
            told = f"{info.name}: {found} items in the split {split}; {published} are published"
            yield inspection.Placed(split, "", "count", f"{told}.")


def _told_by_manifest(
    known: manifest.Manifest | None, info: dataset.DatasetInfo, skipped: dict[str, dict[str, str]], whole: set[str]
) -> Iterator[inspection.Placed]:
    """What the manifest itself says that is not as the source has it, or was left out."""
    if known is None:
        return
    if known.info != info:
        names = [field.name for field in dataclasses.fields(info)]
        changed = ", ".join(name for name in names if getattr(known.info, name) != getattr(info, name))
        told = f"{manifest.FILE}: `info` has another {changed} than the data set."
        yield inspection.Placed("", "", "changed", told)
    for split, reasons in skipped.items():
        if split in whole:
            yield from (inspection.Placed(split, key, "skipped", reason) for key, reason in reasons.items())


def _add(summary: inspection.Summary, found: Iterator[inspection.Placed], work_dir: str) -> None:
    summary.merge(inspectors.kept(list(found), inspection.Summary(), storage.join(work_dir, inspectors.FOUND + "all")))


def _finish(name: str, summary: inspection.Summary, work_dir: str, output_dir: str) -> None:
    """Strings the workers' findings together, each file under a temporary name until it is whole."""
    if not output_dir:
        return
    for file_name, parts in (
        (JSON, inspection.json_parts(name, summary, _lines(work_dir))),
        (CSV, inspection.csv_parts(_lines(work_dir))),
    ):
        partial = storage.partial_name(storage.join(work_dir, file_name))
        with storage.create(partial) as file:
            for part in parts:
                file.write(part)
        storage.rename(partial, storage.join(output_dir, file_name))


def _lines(work_dir: str) -> Iterator[bytes]:
    """All findings, a file of the work folder at a time."""
    for path in sorted(storage.files(work_dir, inspectors.FOUND + "*")):
        yield from storage.read(path).splitlines()
