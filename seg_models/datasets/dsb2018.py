"""Data Science Bowl 2018: nuclei of cells in 670 micrographs of many kinds; one mask file a nucleus.

    data_dir/stage1_train/ID/images/ID.png, ID/masks/*.png     or stage1_train.zip
    data_dir/stage1_test, stage2_test_final                    images alone, in the same folders
    data_dir/stage1_solution.csv, stage2_solution_final.csv    their nuclei, where they are there

The published masks of an image do not overlap; corrected ones do, and overlaps are kept.
"""

import csv
import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, labels, raw_files, registry
from seg_models.raw import hold_out, overlap, pairing

TRAIN = "stage1_train"
# Folders and solution of each test split.
TESTS = {
    "test": (("stage1_test",), "stage1_solution.csv"),
    "test_stage2": (("stage2_test_final", "stage2_test"), "stage2_solution_final.csv"),
}
COLUMNS = ("ImageId", "EncodedPixels", "Height", "Width")
# Of images in a solution that were put there to deter labelling by hand and are not annotated.
IGNORED = "Ignored"
NUCLEUS = 1

INFO = dataset.DatasetInfo(
    name="dsb2018",
    categories=(
        dataset.Category("background", (0, 0, 0)),
        dataset.Category("nucleus", (80, 160, 240), is_thing=True),
    ),
    raw_values=((0, 0), (255, NUCLEUS)),
    splits=("train", "eval", *TESTS),
    expected_counts=(("test", 65), ("test_stage2", 3019)),
    licence="CC0",
    citation="Caicedo et al.: Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl, "
    "Nature Methods 16, 2019",
    url="https://bbbc.broadinstitute.org/BBBC038",
    tasks=("semantic", "instance", "panoptic"),
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and how it is split.

    Attributes:
      data_dir: the folder with stage1_train.
      eval_fraction: of the images of stage1_train; which ones depends on their ids alone.
    """

    data_dir: str = ""
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split; of a test split with what its solution says of each."""
    registry.check("the splits of dsb2018", split, INFO.splits)
    root = raw_files.root(config.data_dir, INFO.name)
    train = raw_files.place(root, TRAIN)
    if train is None:
        raise errors.UserError(
            f"{root}: not the Data Science Bowl 2018; expected the folder {TRAIN} or {TRAIN}.zip. "
            f"Get it from {INFO.url}."
        )
    if split in TESTS:
        yield from _tests(root, *TESTS[split])
        return
    every = (
        dataset.Item(identity, (("image", _image(train, identity)), ("masks", str(train / identity / "masks"))))
        for identity in raw_files.names(train)
    )
    yield from hold_out.part(every, split, config.eval_fraction)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image and its nuclei."""
    example = pairing.load_image(dataset.Item(item.key, (("image", item.path("image")),)))
    if item.annotation:
        return _with_nuclei(example, _encoded_nuclei(item, example), item.path("solution"))
    folder = dict(item.paths).get("masks")
    if folder is None:
        return example
    if not raw_files.is_folder(folder):
        raise errors.DataError(f"{folder}: the folder with the masks of {item.path('image')} is missing.")
    return _with_nuclei(example, _nuclei(folder, example, item.path("image")), folder)


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The mask file of each nucleus."""
    if "masks" in dict(item.paths):
        for thing in example.objects:
            mask = example.instance == thing.instance if thing.mask is None else thing.mask
            yield str(Path(item.path("masks"), f"{thing.name}.png")), np.where(mask, 255, 0)


def _image(folder: Path, identity: str) -> str:
    return str(folder / identity / "images" / f"{identity}.png")


def _tests(root: Path, folders: tuple[str, ...], solution: str) -> Iterator[dataset.Item]:
    """The images of a test split, with their rows of the solution as JSON Lines are: one nucleus a line."""
    folder, table = raw_files.place(root, *folders), raw_files.place(root, solution)
    rows = _rows(table) if table else {}
    for identity in raw_files.names(folder) if folder else ():
        paths = [("image", _image(folder, identity))]
        if identity in rows:
            paths.append(("solution", str(table)))
        yield dataset.Item(identity, tuple(paths), "\n".join(rows.get(identity, ())).encode())


def _rows(table: Path) -> dict[str, list[str]]:
    """Image id -> `HEIGHT WIDTH START LENGTH START LENGTH ...` of each of its nuclei."""
    try:
        reader = csv.DictReader(io.StringIO(raw_files.read(table).decode("utf-8-sig")))
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise errors.UserError(f"{table}: has no column {', '.join(missing)}; expected {', '.join(COLUMNS)}.")
        rows: dict[str, list[str]] = {}
        for row in reader:
            if row.get("Usage") != IGNORED:
                rows.setdefault(row["ImageId"], []).append(f"{row['Height']} {row['Width']} {row['EncodedPixels']}")
    except (UnicodeDecodeError, csv.Error) as error:
        raise errors.UserError(f"{table}: not a table in CSV ({error}). Get it again.") from None
    return rows


def _nuclei(folder: str, example: dataset.Example, image_path: str) -> Iterator[tuple[str, np.ndarray]]:
    """(file name without ending, bool [H, W]) of every mask file in a folder."""
    for name in raw_files.names(folder):
        path = f"{folder}/{name}"
        values = image_files.read_values(path)
        image_files.check_same_size(values, example.height, example.width, path, image_path)
        mask = values != 0
        odd = values[mask]
        odd = odd[odd != 255]
        if odd.size:
            raise errors.DataError(
                f"{path}: the value {odd[0]} on {np.count_nonzero(odd == odd[0])} pixels; expected 0 and 255 alone."
            )
        yield Path(name).stem, mask


def _encoded_nuclei(item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """("", bool [H, W]) of every run-length code of an image; runs count from 1, down the columns."""
    where = f"{item.path('solution')}, {item.key}"
    for line in item.annotation.decode().splitlines():
        try:
            height, width, *runs = (int(number) for number in line.split())
            starts, lengths = np.array(runs, np.int64).reshape(-1, 2).T
        except ValueError as error:
            raise errors.DataError(f"{where}: not a run-length code ({error}).") from None
        if (height, width) != (example.height, example.width):
            size = f"{example.width}x{example.height}"
            raise errors.DataError(f"{where}: says {width}x{height}, the image {item.path('image')} is {size}.")
        if (starts < 1).any() or (lengths < 1).any() or (starts + lengths - 1 > height * width).any():
            raise errors.DataError(f"{where}: a run leads out of the image of {width}x{height} pixels.")
        down = np.zeros(height * width, bool)
        for start, length in zip(starts.tolist(), lengths.tolist()):
            down[start - 1 : start - 1 + length] = True
        yield "", down.reshape(width, height).T


def _with_nuclei(
    example: dataset.Example, nuclei: Iterator[tuple[str, np.ndarray]], place: str
) -> dataset.Example:
    """An example with its nuclei; an empty mask is found, and is no object."""
    findings = []

    def things() -> Iterator[dataset.Object]:
        for number, (name, mask) in enumerate(nuclei):
            if mask.any():
                yield dataset.Object(NUCLEUS, 0, mask=mask, name=name)
            else:
                text = f"{place}: the mask {name or number} of {example.key} has no pixels."
                findings.append(dataset.Finding("empty", text))

    instance, objects = overlap.resolve(example.height, example.width, things())
    example = labels.annotated(example, labels.of(np.where(instance > 0, 255, 0), INFO, place))
    return dataclasses.replace(example, instance=instance, objects=objects, findings=tuple(findings))
