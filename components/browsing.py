"""Records -> a page to look at them, on Beam. Loads no TensorFlow and no TFX.

Workers count what is in a record file (seg_models/browse/scan.py); the driver adds it up, and reads the few records
whose images are shown once more.
"""

import dataclasses
import itertools
import pickle
import re
from collections.abc import Iterator, Sequence

import apache_beam as beam
import numpy as np

from components import direct_mode, pipeline_run, progress, scratch, storage
from seg_models import dataset, errors, image_files, inspection, manifest, record_files, records
from seg_models.browse import findings, page, pictures, scan, statistics

STATISTICS = "statistics.pickle"
DONE = "done-"
# Of so many files a few can be read twice, to learn how this machine's cores are used best.
MANY = 50


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is shown.

    Attributes:
      images: to show of each group, such as random.
      max_pixels: images with more are not opened.
    """

    images: int = 12
    max_pixels: int = image_files.MAX_PIXELS

    def __post_init__(self) -> None:
        if self.images < 0:
            raise errors.UserError(f"`images` is {self.images}; expected 0 or more.")


def browse(
    files: Sequence[record_files.RecordFile],
    output_dir: str,
    pipeline: beam.Pipeline,
    settings: Settings = Settings(),
    verified: findings.Verified | None = None,
) -> page.Content:
    """Writes index.html and the folder pictures.

    Args:
      files: the record files; their manifest lies beside them.
      output_dir: gets the page; pictures of an earlier one go.
      pipeline: empty; its options say where it runs.
      settings: see there.
      verified: what `segline verify` found.

    Returns:
      What the page tells.

    Raises:
      UserError: there is no manifest, no record can be read, or the runner did not do all its work.
    """
    known = record_files.manifest_of(files)
    if not files:
        raise errors.UserError("There is no record in this folder; convert the data set again.")
    if known is None:
        raise errors.UserError(f"{files[0].path}: no {manifest.FILE} beside these records names their classes.")
    with scratch.folder(output_dir) as work_dir:
        found = _scanned(files, ScanFile(known.info, work_dir, settings), pipeline)
    for told in _unlike_manifest(found, known, record_files.whole_splits(files)):
        found.findings.add(told)
    _clear(output_dir)
    shown: dict[str, list[page.Shown]] = {}
    for group, several in found.chosen.items():
        names = (f"{group}-{number:02d}" for number in range(1, len(several) + 1))
        shown[group] = [_drawn(chosen, name, known.info, output_dir) for chosen, name in zip(several, names)]
    content = page.Content(known, found, shown, verified)
    storage.write(storage.join(output_dir, page.INDEX), page.render(content).encode())
    return content


class ScanFile(beam.DoFn):
    """(number, RecordFile) -> Statistics."""

    def __init__(self, info: dataset.DatasetInfo, work_dir: str, settings: Settings) -> None:
        self._info = info
        self.work_dir = work_dir
        self.settings = settings

    def setup(self) -> None:
        """Beam calls this in each worker before any file."""
        image_files.limit_pixels(self.settings.max_pixels)

    def process(self, element: tuple[int, record_files.RecordFile]) -> Iterator[statistics.Statistics]:
        """Reads a file, one record in memory at a time."""
        number, file = element
        if storage.exists(file.path):
            with storage.opened(file.path) as opened:
                stop = scratch.Stop(self.work_dir)
                stored = itertools.takewhile(lambda _: not stop.is_set(), records.read(opened, file.path))
                yield scan.file_statistics(stored, file.path, file.split, self._info, self.settings.images)
        else:
            found = statistics.Statistics()
            told = f"{file.path}: the manifest names it, but it is missing."
            found.findings.add(inspection.Placed(file.split, "", "error", told))
            yield found
        storage.write(storage.join(self.work_dir, f"{DONE}{number:05d}"), b"")


def _scanned(
    files: Sequence[record_files.RecordFile], scan_file: ScanFile, pipeline: beam.Pipeline
) -> statistics.Statistics:
    """What is in all files together."""
    work_dir = scan_file.work_dir
    path = storage.join(work_dir, STATISTICS)
    if len(files) >= MANY:
        scan_file.setup()
        direct_mode.choose(pipeline, lambda file: list(scan_file.process((0, file))), files)
    total = (
        pipeline
        | "Files" >> beam.Create(list(enumerate(files)))
        | "Spread" >> beam.Reshuffle()  # without it, Create and ParDo are one stage on one worker
        | "Scan" >> beam.ParDo(scan_file)
        | "Merge" >> beam.CombineGlobally(statistics.merged, scan_file.settings.images).without_defaults()
    )
    total | "Summarise" >> beam.Map(_write, path)
    with progress.told(lambda seconds: progress.parts(len(storage.files(work_dir, f"{DONE}*")), len(files), seconds)):
        pipeline_run.run(pipeline, scratch.Stop(work_dir).set)
    found = pickle.loads(storage.read(path)) if storage.exists(path) else statistics.Statistics()
    if not found.images:
        told = "; ".join(each.text for each in found.findings.first.get("error", ()))
        raise errors.UserError(f"{files[0].path}: no record could be read. {told}".strip())
    return found


def _write(found: statistics.Statistics, path: str) -> None:
    storage.write(path, pickle.dumps(found))


def _unlike_manifest(
    found: statistics.Statistics, known: manifest.Manifest, whole: set[str]
) -> Iterator[inspection.Placed]:
    """Splits whose records are not those that the manifest counted."""
    for split in sorted(whole & set(found.splits)):
        counted, told = found.splits[split], known.splits[split]
        if counted.all_images != told.records:
            text = f"{counted.all_images} records of the split {split} can be used, {told.records} were written"
            yield inspection.Placed(split, "", "changed", f"{manifest.FILE}: {text}.")
        elif told.class_pixels and tuple(counted.pixels.tolist()) != told.class_pixels:
            text = f"the classes of the split {split} have other numbers of pixels than were written"
            yield inspection.Placed(split, "", "changed", f"{manifest.FILE}: {text}; segline verify says where.")


def _drawn(chosen: statistics.Chosen, name: str, info: dataset.DatasetInfo, output_dir: str) -> page.Shown:
    """Reads a chosen record and writes its pictures."""
    with storage.opened(chosen.path) as file:
        example = scan.example_at(file, chosen)
    written = []
    for number, (caption, picture) in enumerate(pictures.drawn(example, info)):
        file_name = f"{name}-{_file_name(chosen.key)}-{number}.jpg"
        storage.write(storage.join(output_dir, page.PICTURES, file_name), pictures.jpeg(picture))
        written.append((caption, file_name))
    present = np.flatnonzero(statistics.of_example(example, info).images).tolist()
    return page.Shown(chosen, f"{example.width}x{example.height}", tuple(present), tuple(written))


def _clear(output_dir: str) -> None:
    """Removes the pictures of an earlier page; other files stay."""
    groups = "|".join(group for group, _ in page.GROUPS)
    old = storage.files(storage.join(output_dir, page.PICTURES))
    storage.delete([path for path in old if re.fullmatch(rf"({groups})-\d+-.*-\d+\.jpg", path.rsplit("/", 1)[-1])])


def _file_name(key: str) -> str:
    """A key as part of a file name and of a link."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", key)[-80:]
