"""DRIVE: vessels in 40 photographs of the retina, 565x584, and data of the user's own in the same folders.

    data_dir/training/images/21_training.tif     or training.zip; TIFF becomes PNG, pixel for pixel
                     /1st_manual/21_manual1.gif
                     /mask/21_training_mask.gif  the field of view, a disc; the corners round it are void
    data_dir/test/{images,1st_manual,2nd_manual,mask}, 2nd_manual/01_manual2.gif
Newer downloads have no manual segmentation of test: its images are without labels then.

The user's own: PNG, TIFF or GIF of equal names in these folders, which may be called otherwise (see Config), in train
or training, val or validation, test; without such a folder, images and masks right in data_dir.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, labels, raw_files, registry
from seg_models.raw import hold_out, other_formats, pairing

FOLDERS = {"train": ("training", "train"), "eval": ("validation", "val"), "test": ("test", "testing")}
# Added to the raw values outside the field of view, so that each still says what was drawn there.
OUTSIDE = 256

INFO = dataset.DatasetInfo(
    name="drive",
    categories=(dataset.Category("background", (0, 0, 0)), dataset.Category("vessel", (255, 255, 255))),
    # DRIVE has 0 and 255; masks of 0 and 1 are common, too.
    raw_values=((0, 0), (1, 1), (255, 1), (OUTSIDE, None), (OUTSIDE + 1, None), (OUTSIDE + 255, None)),
    splits=tuple(FOLDERS),
    expected_counts=(("test", 20),),
    licence="Research and education only; not to be redistributed",
    citation="Staal, Abramoff, Niemeijer, Viergever, van Ginneken: Ridge based vessel segmentation in color images of "
    "the retina, IEEE Transactions on Medical Imaging 23(4), 2004",
    url="https://drive.grand-challenge.org",
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is, how it is split, and what its folders are called.

    Attributes:
      data_dir: the folder with training and test, or the folder above DRIVE.
      eval_fraction: of the training images, where there is no folder validation; which ones depends on their names.
      images, labels: folders in each split.
      second_labels, field_of_view: likewise; may be absent.
    """

    data_dir: str = ""
    eval_fraction: float = 0.2
    images: str = "images"
    labels: str = "1st_manual"
    second_labels: str = "2nd_manual"
    field_of_view: str = "mask"

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


def found(config: Config) -> str:
    """Which splits lie there, and whether they have all that DRIVE has."""
    told = []
    for split, folder in _folders(config).items():
        roles = [name for name in (config.labels, config.second_labels, config.field_of_view) if _is_in(folder, name)]
        told.append(f"{split} in {folder} with {', '.join(roles) or 'images alone'}")
    return "; ".join(told)


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split and what is drawn for them; of training, the held-out ones are eval."""
    registry.check("the splits of drive", split, INFO.splits)
    folders = _folders(config)
    if split != "test" and "eval" not in folders:
        yield from hold_out.part(_items(config, "train", folders["train"]), split, config.eval_fraction)
    elif split in folders:
        yield from _items(config, split, folders[split])


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image, the vessels that one or two people drew, and the field of view."""
    pairing.check(item)
    encoded, image_format, height, width = other_formats.read_image(item.path("image"))
    example = dataset.Example(item.key, encoded, image_format, height, width)
    raw = {role: image_files.read_raw_mask(path) for role, path in item.paths if role != "image"}
    for role, values in raw.items():
        image_files.check_same_size(values, height, width, item.path(role), item.path("image"))
    maps = {}
    outside = np.zeros((height, width), np.int32)
    if "field_of_view" in raw:
        view = labels.of(raw["field_of_view"], INFO, item.path("field_of_view"))
        outside = np.where(view.semantic, 0, OUTSIDE)
        maps["field_of_view"] = raw["field_of_view"]
    if "second" in raw:
        second = labels.of(raw["second"] + outside, INFO, item.path("second"))
        maps.update({"annotator/1/semantic": second.semantic, "annotator/1/raw": raw["second"]})
    example = dataclasses.replace(example, maps=maps)
    if "mask" not in raw:
        return example
    return labels.annotated(example, labels.of(raw["mask"] + outside, INFO, item.path("mask")))


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The files of both annotators and of the field of view."""
    rebuilt = {
        "mask": None if example.raw is None else example.raw % OUTSIDE,
        "second": example.maps.get("annotator/1/raw"),
        "field_of_view": example.maps.get("field_of_view"),
    }
    for role, path in item.paths:
        if role in rebuilt:
            yield path, rebuilt[role]


def _folders(config: Config) -> dict[str, Path]:
    """Split -> its folder; without folders of splits, all images are of train."""
    root = raw_files.root(config.data_dir, INFO.name)
    folders = {}
    for split, names in FOLDERS.items():
        place = raw_files.place(root, *names, *(f"DRIVE/{name}" for name in names))
        if place is not None:
            folders[split] = place
    if "train" not in folders and _is_in(root, config.images):
        folders = {"train": root}
    for split, folder in folders.items():
        for name in (config.images, config.labels)[: 1 if split == "test" else 2]:
            if not _is_in(folder, name):
                expected = f"{config.images} and {config.labels}"
                raise errors.UserError(f"{folder / name}: no such folder; expected {expected}.")
    if "train" not in folders:
        raise errors.UserError(
            f"{root}: not DRIVE; expected the folder training with {config.images}, {config.labels} and "
            f"{config.field_of_view}. Get it from {INFO.url}."
        )
    return folders


def _items(config: Config, split: str, folder: Path) -> Iterator[dataset.Item]:
    """All pairs of a folder; file names lose what DRIVE puts behind the number."""
    ending = {"train": "_training", "test": "_test"}.get(split, "")
    sources = [pairing.Source("image", folder / config.images, ending)]
    for role, name, behind in (
        ("mask", config.labels, "_manual1"),
        ("second", config.second_labels, "_manual2"),
        ("field_of_view", config.field_of_view, f"{ending}_mask"),
    ):
        if _is_in(folder, name):
            sources.append(pairing.Source(role, folder / name, behind))
    yield from pairing.items(sources, f"{folder.name}/")


def _is_in(folder: Path, name: str) -> bool:
    return bool(name) and raw_files.is_folder(folder / name)
