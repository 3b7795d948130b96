"""ISBI 2012 EM: cell membranes in 30 neighbouring slices of a fly larva's nerve cord, 512x512.

    data_dir/train-volume.tif, train-labels.tif, test-volume.tif       as published: stacks of 30 pages
or  data_dir/train/{image,label}/*.png, test/*.png                     unpacked: one file a slice, named by its number
    (the folders may be called images and labels, and lie in a folder `membrane`)
"""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

from seg_models import dataset, errors, image_files, labels, raw_files, registry
from seg_models.raw import hold_out, other_formats

INFO = dataset.DatasetInfo(
    name="isbi_em",
    categories=(dataset.Category("membrane", (0, 0, 0)), dataset.Category("cell", (255, 255, 255))),
    raw_values=((0, 0), (255, 1)),
    splits=("train", "eval", "test"),
    licence="For research; the publication is to be cited",
    citation="Arganda-Carreras et al.: Crowdsourcing the creation of image segmentation algorithms for connectomics, "
    "Frontiers in Neuroanatomy 9, 2015; Cardona et al., PLoS Biology 8(10), 2010",
    url="https://imagej.net/events/isbi-2012-segmentation-challenge",
)
STACKS = {
    "train": {"image": "train-volume.tif", "stack": "train-labels.tif"},
    "test": {"image": "test-volume.tif"},
}
IMAGE_FOLDERS = ("image", "images")
LABEL_FOLDERS = ("label", "labels")


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and how it is split.

    Attributes:
      data_dir: the folder with the stacks, or with the folder train.
      eval_fraction: of the labelled slices, the last ones. A slice is 50 nm thick and looks much like the next: slices
        drawn at random would be known from their neighbours, so the held-out ones lie together.
    """

    data_dir: str = ""
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


def found(config: Config) -> str:
    """Which layout lies there."""
    root, stacked = _layout(config)
    return f"{root}: " + ("stacks as published (TIFF)" if stacked else "one file a slice")


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The slices of a split in their order; train is all labelled slices but the last ones, which are eval."""
    registry.check("the splits of isbi_em", split, INFO.splits)
    root, stacked = _layout(config)
    source = "test" if split == "test" else "train"
    slices = list(_pages(root, source) if stacked else _files(root, source))
    if split == "test":
        yield from slices
        return
    first = len(slices) - min(max(round(config.eval_fraction * len(slices)), 1), len(slices) - 1)
    yield from (slices[first:] if split == "eval" else slices[:first])


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads a slice; a page of a stack becomes a PNG."""
    paths = dict(item.paths)
    page = int(item.annotation) if item.annotation else None
    encoded, image_format, height, width = other_formats.read_image(paths["image"], page)
    example = dataset.Example(item.key, encoded, image_format, height, width)
    if "mask" in paths:
        place, mask = paths["mask"], labels.read(paths["mask"], INFO)
    elif "stack" in paths:
        place = f"{paths['stack']}, page {page}"
        mask = labels.of(other_formats.read_page(paths["stack"], page), INFO, place)
    else:
        return example
    image_files.check_same_size(mask.semantic, height, width, place, paths["image"])
    return labels.annotated(example, mask)


def _layout(config: Config) -> tuple[Path, bool]:
    """The folder that holds the data, and whether they are stacks."""
    root = raw_files.root(config.data_dir, INFO.name)
    for folder in (root, root / "membrane"):
        for name in STACKS["train"].values():
            if raw_files.exists(folder / name):
                return folder, True
        if raw_files.is_folder(folder / "train"):
            return folder, False
    raise errors.UserError(
        f"{root}: not ISBI 2012 EM; expected {' and '.join(STACKS['train'].values())}, or the folders train/image and "
        f"train/label with a PNG for every slice. Get them from {INFO.url}."
    )


def _pages(root: Path, source: str) -> Iterator[dataset.Item]:
    """An Item for each page of a stack."""
    paths = tuple((role, str(root / name)) for role, name in STACKS[source].items())
    if source == "test" and not raw_files.exists(paths[0][1]):
        return
    counts = {path: other_formats.pages(path) for _, path in paths}
    if len(set(counts.values())) > 1:
        told = " and ".join(f"{path} {count}" for path, count in counts.items())
        raise errors.UserError(f"The stacks have not the same number of pages: {told}. Get the shorter one again.")
    for page in range(min(counts.values())):
        yield dataset.Item(f"{source}/{page:03d}", paths, str(page).encode())


def _files(root: Path, source: str) -> Iterator[dataset.Item]:
    """An Item for each number of a file, sorted by it; of one without its partner too, which `load` refuses."""
    images = _numbered(root / source, IMAGE_FOLDERS if source == "train" else (*IMAGE_FOLDERS, ""))
    masks = _numbered(root / source, LABEL_FOLDERS) if source == "train" else {}
    for number in sorted({*images, *masks}):
        paths = [("image", images.get(number) or str(root / source / IMAGE_FOLDERS[0] / f"{number}.png"))]
        if source == "train":
            paths.append(("mask", masks.get(number) or str(root / source / LABEL_FOLDERS[0] / f"{number}.png")))
        yield dataset.Item(f"{source}/{number:03d}", tuple(paths))


def _numbered(above: Path, folders: tuple[str, ...]) -> dict[int, str]:
    """Number -> the file of that name, in the first of the folders that is there."""
    folder = next((above / name for name in folders if raw_files.is_folder(above / name)), above / folders[0])
    numbered: dict[int, str] = {}
    for name in raw_files.names(folder):
        stem, suffix = os.path.splitext(name)
        # Beside the test slices the unpacked data often hold predictions of them, 0_predict.png.
        if suffix.lower() != ".png" or stem.endswith("_predict"):
            continue
        if not stem.isdecimal() or int(stem) in numbered:
            raise errors.UserError(f"{folder / name}: expected a slice's number, and one file of each, such as 7.png.")
        numbered[int(stem)] = str(folder / name)
    return numbered
