"""BSDS amodal: the 500 images of BSDS500 with every region drawn whole, in order of depth, by several people each.

    BSDS_amodal_{train,val,test}.json, also within annotations; images/{train,val,test}/*.jpg, also as BSDS500 has them

The first person's regions are in the instance map; the others' have their masks, and tell their annotator.
"""

import dataclasses
from collections.abc import Iterator

from seg_models import dataset, errors, raw_files, registry
from seg_models.raw import amodal_regions, coco_images

FOLDERS = {"train": "train", "eval": "val", "test": "test"}
PLACES = ("bsds_images", "images", "BSR/BSDS500/data/images", "BSDS500/data/images", "data/images")

INFO = dataset.DatasetInfo(
    name="bsds_amodal",
    categories=amodal_regions.CATEGORIES,
    raw_values=amodal_regions.RAW_VALUES,
    splits=tuple(FOLDERS),
    expected_counts=(("train", 200), ("eval", 100), ("test", 200)),
    licence="Images: University of California, Berkeley, non-commercial research and education; annotations not stated",
    citation=amodal_regions.CITATION,
    url=amodal_regions.URL,
    tasks=amodal_regions.TASKS,
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is.

    Attributes:
      data_dir: the folder with the JSON files, and with the images of BSDS500 in one of the places named above.
    """

    data_dir: str = ""


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split's file."""
    registry.check("the splits of bsds_amodal", split, FOLDERS)
    root = raw_files.root(config.data_dir, INFO.name)
    files = {}
    for each, folder in FOLDERS.items():
        name = f"BSDS_amodal_{folder}.json"
        files[each] = raw_files.place(root, name, f"annotations/{name}")
    if not any(files.values()):
        raise errors.UserError(
            f"{root}: not BSDS amodal; expected BSDS_amodal_train.json, BSDS_amodal_val.json and BSDS_amodal_test.json "
            f"in it or in its folder annotations. Get them from {INFO.url}."
        )
    if files[split] is not None:
        images = raw_files.place(root, *(f"{place}/{FOLDERS[split]}" for place in PLACES))
        if images is None:
            places = ", ".join(f"{place}/{FOLDERS[split]}" for place in PLACES)
            raise errors.UserError(f"{root}: no images of {files[split].name} in it; expected them in {places}.")
        yield from coco_images.items(coco_images.Source(files[split], images, None))


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image and everyone's regions."""
    return amodal_regions.load(item)
