"""COCO-Stuff: COCO's images with 80 kinds of things and 91 of stuff in one semantic map; 164k or 10k images.

    164k   stuffthingmaps_trainval2017.zip (or annotations/train2017/, annotations/val2017/), train2017/, val2017/
           (or images/train2017/... or train2017.zip...), test2017/ without labels; values are ids less 1, 255 void
    10k    cocostuff-10k-v1.1.zip, or unpacked: images/, annotations/*.mat, imageLists/{train,test}.txt; values are ids,
           0 void; the published test list has labels and is the eval split
    sample train_img/, train_label/ and perhaps val_img/, val_label/; values as in 164k

Ids are 1..182, of which 11 things are never annotated.
"""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seg_models import dataset, errors, image_files, labels, raw_files, registry
from seg_models.raw import category_table, coco_images, coco_layout, hold_out, matlab, pairing

YEAR = 2017
TABLE = category_table.read("coco_stuff")
NAMES = {"train": "train2017", "eval": "val2017"}
MAPS = ("stuffthingmaps_trainval2017", "stuffthingmaps", "annotations")
LISTS = {"train": "train.txt", "eval": "test.txt"}
SAMPLED = {"train": "train", "eval": "val"}
# The maps of 164k begin at 0, so void, which is id 0, is the last of 8 bits.
SHIFTED = tuple(sorted((255 if train_id is None else raw - 1, train_id) for raw, train_id in TABLE.raw_values))
COUNTS = {
    "164k": (("train", 118287), ("eval", 5000), ("test", 40670)),
    "10k": (("train", 9000), ("eval", 1000)),
    "sample": (),
}
# The first release counts unlabelled pixels as 1 and skips unused ids, and says so by its number of names.
OLD_NAMES = 172
# Made from the maps by other programs, in the same folder.
DERIVED = "_labelTrainIds"
PUBLISHED = dataset.DatasetInfo(
    name="coco_stuff",
    categories=TABLE.categories,
    raw_values=SHIFTED,
    splits=("train", "eval", "test"),
    expected_counts=COUNTS["164k"],
    licence="annotations: CC BY 4.0; images: of Flickr users, each under its own licence, Flickr's terms of use",
    citation="Caesar, Uijlings, Ferrari: COCO-Stuff: Thing and stuff classes in context, CVPR 2018",
    url="https://github.com/nightrome/cocostuff",
)
PUBLISHED_10K = dataclasses.replace(PUBLISHED, raw_values=TABLE.raw_values, expected_counts=COUNTS["10k"])


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is.

    Attributes:
      data_dir: the folder with images and maps, unpacked or as the zip files that are published.
      eval_fraction: of the images of a sample without val_img; which ones depends on their names alone.
    """

    data_dir: str = ""
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


class Layout(NamedTuple):
    """What was found: which layout, and where; of 10k one folder, of the others (images, maps) by split."""

    name: str
    root: Path
    folders: dict[str, tuple[Path, Path]]


def info(config: Config) -> dataset.DatasetInfo:
    """Values and counts are the layout's; without data those of 164k."""
    if not config.data_dir:
        return PUBLISHED
    layout = _layout(config).name
    base = PUBLISHED_10K if layout == "10k" else PUBLISHED
    return dataclasses.replace(base, expected_counts=COUNTS[layout])


def found(config: Config) -> str:
    """The layout and its folders."""
    layout = _layout(config)
    places = [f"{split}: images in {images}, maps in {maps}" for split, (images, maps) in layout.folders.items()]
    return f"COCO-Stuff {layout.name}; {'; '.join(places) or layout.root}"


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The pairs of a split, sorted by key."""
    registry.check("the splits of coco_stuff", split, PUBLISHED.splits)
    layout = _layout(config)
    if layout.name == "10k":
        return _listed(layout.root, LISTS[split]) if split in LISTS else iter(())
    if split == "test":
        return coco_images.test_items(None, coco_layout.published_test(layout.root, YEAR)[1], {})
    if layout.name == "sample" and "eval" not in layout.folders:
        return hold_out.part(_pairs(*layout.folders["train"]), split, config.eval_fraction)
    return _pairs(*layout.folders[split]) if split in layout.folders else iter(())


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one pair, or an image without labels."""
    return _load_mat(item) if "mat" in dict(item.paths) else pairing.load(item, PUBLISHED)


def _layout(config: Config) -> Layout:
    """Looks for each layout in turn."""
    root = raw_files.root(config.data_dir, PUBLISHED.name)
    lists = raw_files.place(root, "imageLists", "cocostuff-10k-v1.1/imageLists", "dataset/imageLists")
    if lists:
        return Layout("10k", lists.parent, {})
    folders = {}
    for split, name in NAMES.items():
        maps = raw_files.place(root, *(f"{folder}/{name}" for folder in MAPS))
        images = raw_files.place(root, f"images/{name}", name)
        # In a zip file of maps these have the name of their images' folder.
        if maps and images and images != maps:
            folders[split] = (images, maps)
    if folders:
        return Layout("164k", root, folders)
    for split, name in SAMPLED.items():
        images, maps = (raw_files.place(root, f"{name}_{kind}") for kind in ("img", "label"))
        if images and maps:
            folders[split] = (images, maps)
    if "train" in folders:
        return Layout("sample", root, folders)
    raise errors.UserError(
        f"{root}: not COCO-Stuff; expected stuffthingmaps_trainval2017.zip with the folders train2017 and val2017 of "
        "images (or their zip files), or cocostuff-10k-v1.1.zip, or what is in it unpacked. "
        f"Get them from {PUBLISHED.url}."
    )


def _pairs(images: Path, maps: Path) -> Iterator[dataset.Item]:
    sources = (pairing.Source("image", images), pairing.Source("mask", maps))
    return (item for item in pairing.items(sources) if not item.key.endswith(DERIVED))


def _listed(root: Path, name: str) -> Iterator[dataset.Item]:
    """The pairs of 10k that a list names."""
    for key in sorted(set(raw_files.lines(root / "imageLists" / name))):
        image = raw_files.inside(root / "images", f"{key}.jpg")
        mat = raw_files.inside(root / "annotations", f"{key}.mat")
        yield dataset.Item(key, (("image", str(image)), ("mat", str(mat))))


def _load_mat(item: dataset.Item) -> dataset.Example:
    """Reads a pair of 10k, with the superpixels that were painted and the captions."""
    example, path = pairing.load_image(item), item.path("mat")
    variables = matlab.read(path)
    if matlab.field(variables, "names", path).size == OLD_NAMES:
        raise errors.DataError(f"{path}: of version 1.0, whose values mean other classes. Get cocostuff-10k-v1.1.zip.")
    raw = matlab.label_map(matlab.field(variables, "S", path), f"{path}: `S`")
    image_files.check_same_size(raw, example.height, example.width, path, item.path("image"))
    superpixels = matlab.label_map(matlab.field(variables, "regionMapStuff", path), f"{path}: `regionMapStuff`")
    captions = [str(caption.item()) for caption in matlab.field(variables, "captions", path).ravel()]
    region_labels = matlab.field(variables, "regionLabelsStuff", path).ravel().tolist()
    return dataclasses.replace(
        labels.annotated(example, labels.of(raw, PUBLISHED_10K, path)),
        maps={"superpixels": superpixels},
        annotation=json.dumps({"captions": captions, "regionLabelsStuff": region_labels}).encode(),
    )
