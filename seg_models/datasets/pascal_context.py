"""PASCAL Context: every pixel of the VOC 2010 training and validation images, 459 classes, or the 59 that are frequent.

    trainval/*.mat (LabelMap), labels.txt                        the annotation as published, from trainval.tar.gz
    59_context_labels/*.png, 59_labels.txt                       or its 59 classes made ready
    VOCdevkit/VOC2010/JPEGImages, ImageSets/Main/{train,val}.txt the images, and the split: 4,998 and 5,105 of them

No instances are annotated, so every class counts as stuff.
"""

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

from seg_models import dataset, errors, image_files, labels, raw_files, registry
from seg_models.raw import category_table, matlab, pairing, voc_tree

NAME = "pascal_context"
YEAR = 2010
LISTS = {"train": "train", "eval": "val", "test": "test"}
URL = "https://cs.stanford.edu/~roozbeh/pascal-context"
MATS = ("trainval", "PASCAL-Context/trainval", "pascal-context/trainval", "VOCdevkit/VOC2010/trainval")
PNGS = ("59_context_labels", "PASCAL-Context/59_context_labels", "pascal-context/59_context_labels")
# The order of 59_labels.txt: first the 20 of VOC.
FREQUENT = (
    "aeroplane bicycle bird boat bottle bus car cat chair cow table dog horse motorbike person pottedplant sheep sofa "
    "train tvmonitor bag bed bench book building cabinet ceiling cloth computer cup door fence floor flower food grass "
    "ground keyboard light mountain mouse curtain platform sign plate road rock shelves sidewalk sky snow bedclothes "
    "track tree truck wall water window wood"
).split()
# What 59_labels.txt and labels.txt call by different names.
ALIASES = {"diningtable": "table", "bedcloth": "bedclothes", "clothes": "cloth"}
BACKGROUND = "background"


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and which classes are learnt.

    Attributes:
      data_dir: the folder with the annotation and with VOCdevkit.
      classes: "59", the others being void; "60", the others being one more class, background; "459", all.
    """

    data_dir: str = ""
    classes: str = "59"

    def __post_init__(self) -> None:
        if self.classes not in ("59", "60", "459"):
            raise errors.UserError(f"`classes` is {self.classes}; expected 59, 60 (with background) or 459.")


def info(config: Config) -> dataset.DatasetInfo:
    """Ids and names are those of labels.txt, or of 59_labels.txt, where these lie there."""
    path = _names(config)
    return _described(config.classes, path, raw_files.stamp(path) if path else (0, 0))


def found(config: Config) -> str:
    """Which annotation."""
    root = raw_files.root(config.data_dir, NAME)
    return f"PASCAL Context: {_annotation(config, root)}; images in {voc_tree.find(root, NAME, YEAR)[0]}"


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images that VOC 2010 lists for all its tasks; those of the test split are not annotated."""
    registry.check("the splits of pascal_context", split, LISTS)
    root = raw_files.root(config.data_dir, NAME)
    annotation, (folder, _) = _annotation(config, root), voc_tree.find(root, NAME, YEAR)
    lists = folder / "ImageSets" / "Main"
    if not raw_files.exists(lists / "train.txt"):
        raise errors.UserError(
            f"{lists}: train.txt is missing; it and val.txt of VOC 2010 are the split. Get them from {voc_tree.URL}."
        )
    role, suffix = ("mask", ".png") if annotation.name.startswith("59") else ("labels", ".mat")
    for key in voc_tree.listed(lists / f"{LISTS[split]}.txt"):
        paths = [("image", str(folder / voc_tree.IMAGES / f"{key}.jpg"))]
        if split != "test":
            paths.append((role, str(annotation / f"{key}{suffix}")))
        yield dataset.Item(key, tuple(paths))


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image and its classes."""
    described, roles = info(config), dict(item.paths)
    example = pairing.load(item, described)
    if "labels" not in roles:
        return example
    path = roles["labels"]
    raw = matlab.label_map(matlab.field(matlab.read(path), "LabelMap", path), f"{path}: LabelMap")
    image_files.check_same_size(raw, example.height, example.width, path, item.path("image"))
    return labels.annotated(example, labels.of(raw, described, path))


def _annotation(config: Config, root: Path) -> Path:
    """The folder with the .mat files, or with the PNGs of 59 classes."""
    mats, pngs = raw_files.place(root, *MATS), raw_files.place(root, *PNGS)
    if mats is not None:
        return mats / mats.name if raw_files.is_folder(mats / mats.name) else mats
    if pngs is not None and config.classes != "459":
        return pngs
    wanted = "trainval with .mat files" if pngs else "trainval with .mat files, or 59_context_labels with PNGs,"
    raise errors.UserError(
        f"{root}: not PASCAL Context in {config.classes} classes; expected the folder {wanted} in it. Get it: {URL}."
    )


def _names(config: Config) -> Path | None:
    """The file that says what the values of the maps mean; None where labels.txt was left out."""
    if not config.data_dir:
        return None
    annotation = _annotation(config, raw_files.root(config.data_dir, NAME))
    is_ready = annotation.name.startswith("59")
    file = "59_labels.txt" if is_ready else "labels.txt"
    for path in (annotation / file, annotation.parent / file, annotation.parent.parent / file):
        if raw_files.exists(path):
            return path
    if is_ready:
        raise errors.UserError(f"{annotation.parent}: {file} is missing; it says what the values of the PNGs mean.")
    return None


@functools.lru_cache(maxsize=8)
def _described(classes: str, path: Path | None, stamp: tuple[int, int]) -> dataset.DatasetInfo:
    """What `info` gives; read again only when the file changed."""
    ids = _listed(path) if path else _published()
    names = list(ids) if classes == "459" else FREQUENT
    missing = [name for name in names if name not in ids]
    if missing:
        raise errors.UserError(f"{path}: has no class {', '.join(missing)}. Get the file from {URL}.")
    values: dict[int, int | None] = {value: None for value in (0, *ids.values())}
    if classes == "60":
        names = [BACKGROUND, *names]
        values = dict.fromkeys(values, 0)
    values |= {ids[name]: train_id for train_id, name in enumerate(names) if name != BACKGROUND}
    return dataset.DatasetInfo(
        name=NAME,
        categories=tuple(dataset.Category(name, dataset.palette_color(index)) for index, name in enumerate(names)),
        raw_values=tuple(sorted(values.items())),
        splits=tuple(LISTS),
        expected_counts=(("train", 4998), ("eval", 5105), ("test", 9637)),
        licence="Annotations: not stated, research; Flickr images under Flickr's terms of use",
        citation="Mottaghi et al.: The Role of Context for Object Detection and Semantic Segmentation in the Wild, "
        "CVPR 2014",
        url=URL,
    )


def _published() -> Mapping[str, int]:
    """Class name -> its value in the maps, as labels.txt has them."""
    table = category_table.read(NAME)
    names = [category.name for category in table.categories]
    return {names[train_id]: value for value, train_id in table.raw_values if train_id is not None}


def _listed(path: Path) -> Mapping[str, int]:
    """The ids in a file of lines such as `2: aeroplane`, which is short."""
    ids: dict[str, int] = {}
    for line in raw_files.lines(path):
        value, colon, name = line.partition(":")
        if not value.strip().isdigit() or not colon:
            raise errors.UserError(f"{path}: the line `{line}`; expected a number and a name, as in `2: aeroplane`.")
        if value.strip() != "0":
            ids[ALIASES.get(name.strip(), name.strip())] = int(value)
    return ids
