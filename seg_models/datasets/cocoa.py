"""COCO amodal (COCOA): 5,073 images of COCO 2014 with every region drawn whole, in order of depth, without classes.

COCO_amodal_{train,val,test}2014.json, {train,val,test}2014/*.jpg, also within annotations and images
or NAME.json beside NAME.jpg, one annotation each, split by `eval_fraction`
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from seg_models import dataset, errors, raw_files, registry
from seg_models.raw import amodal_regions, coco_images, hold_out

YEARS = {"train": "train2014", "eval": "val2014", "test": "test2014"}

INFO = dataset.DatasetInfo(
    name="cocoa",
    categories=amodal_regions.CATEGORIES,
    raw_values=amodal_regions.RAW_VALUES,
    splits=tuple(YEARS),
    expected_counts=(("train", 2500), ("eval", 1323), ("test", 1250)),
    licence="Annotations of COCO CC BY 4.0, of COCOA not stated; images under Flickr's terms of use",
    citation=amodal_regions.CITATION,
    url=amodal_regions.URL,
    tasks=amodal_regions.TASKS,
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is.

    Attributes:
      data_dir: the folder with the JSON files and the images.
      eval_fraction: of the images that have a JSON each.
    """

    data_dir: str = ""
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split's file, or those with a JSON beside them."""
    registry.check("the splits of cocoa", split, YEARS)
    root = raw_files.root(config.data_dir, INFO.name)
    if not any(_published(root, each) for each in YEARS):
        pairs = list(amodal_regions.items_of_pairs(root))
        if not pairs:
            raise errors.UserError(
                f"{root}: not COCO amodal; expected COCO_amodal_train2014.json, COCO_amodal_val2014.json in it or in "
                f"its folder annotations, or pairs of NAME.json and NAME.jpg. Get them from {INFO.url}."
            )
        yield from hold_out.part(pairs, split, config.eval_fraction)
    elif path := _published(root, split):
        images = raw_files.place(root, YEARS[split], f"images/{YEARS[split]}")
        if images is None:
            raise errors.UserError(f"{root}: no folder {YEARS[split]} in it; expected the images of {path} there.")
        yield from coco_images.items(coco_images.Source(path, images, None))


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image and its regions."""
    return amodal_regions.load(item)


def found(config: Config) -> str:
    """Which of the two layouts."""
    root = raw_files.root(config.data_dir, INFO.name)
    files = [path.name for split in YEARS if (path := _published(root, split))]
    return f"COCO amodal in {root}: {', '.join(files) or 'a JSON beside every image'}"


def _published(root: Path, split: str) -> Path | None:
    name = f"COCO_amodal_{YEARS[split]}.json"
    return raw_files.place(root, name, f"annotations/{name}")
