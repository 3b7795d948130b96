"""COCO instances, of 2017 or 2014: 80 kinds of things with masks of their own; what is not a thing is not annotated.

    annotations/instances_{train,val}2017.json     or in annotations_trainval2017.zip
    train2017/, val2017/, test2017/                or in train2017.zip...; images/train2017/ will do, too
    annotations/image_info_test2017.json           or in image_info_test2017.zip; optional
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from seg_models import dataset, errors, raw_files, registry
from seg_models.raw import category_table, coco_images, coco_layout, coco_objects

NAMES = {"train": "train", "eval": "val", "test": "test"}
COUNTS = {
    2017: (("train", 118287), ("eval", 5000), ("test", 40670)),
    2014: (("train", 82783), ("eval", 40504), ("test", 40775)),
}
TABLE = category_table.read("coco")
TRAIN_IDS = dict(TABLE.raw_values)
CATEGORIES = {raw: TABLE.categories[train_id].name for raw, train_id in TABLE.raw_values}
PUBLISHED = dataset.DatasetInfo(
    name="coco",
    categories=TABLE.categories,
    raw_values=TABLE.raw_values,
    splits=tuple(NAMES),
    expected_counts=COUNTS[2017],
    licence="annotations: CC BY 4.0; images: of Flickr users, each under its own licence, Flickr's terms of use",
    citation="Lin et al.: Microsoft COCO: Common Objects in Context, ECCV 2014",
    url="https://cocodataset.org/#download",
    tasks=("instance",),
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is.

    Attributes:
      data_dir: the folder with annotations and images, unpacked or as the zip files that are published.
      year: 2017 or 2014; 0: whichever lies there, 2017 first.
    """

    data_dir: str = ""
    year: int = 0

    def __post_init__(self) -> None:
        if self.year not in (0, *COUNTS):
            raise errors.UserError(f"`year` is {self.year}; expected {' or '.join(map(str, COUNTS))}, or 0 for either.")


def info(config: Config) -> dataset.DatasetInfo:
    """The same for both years but for the published counts; without data those of 2017."""
    return dataclasses.replace(PUBLISHED, expected_counts=COUNTS[_year(config)]) if config.data_dir else PUBLISHED


def found(config: Config) -> str:
    """The year, and which annotations and images of each split were found."""
    year = _year(config)
    parts = [
        f"{split}: {annotations or 'no annotations'}, {images or 'no images'}"
        for split, (annotations, images) in _splits(config)
    ]
    return f"COCO {year}; {'; '.join(parts)}"


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split, as its JSON lists them; none where the JSON or the folder of the images is absent.

    The images of a test split without JSON are those in its folder.
    """
    registry.check("the splits of coco", split, NAMES)
    annotations, images = dict(_splits(config))[split]
    if split == "test":
        yield from coco_images.test_items(annotations, images, CATEGORIES)
    elif annotations and images:
        yield from coco_images.items(coco_images.Source(annotations, images, CATEGORIES))


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image, and decodes its masks."""
    content = coco_images.content(item)
    example = coco_images.load_image(item, content)
    if content is None or content.annotations is None:
        return example
    json_path = item.path("annotations")
    instance, objects, findings = coco_objects.read(content, TRAIN_IDS, example.height, example.width, json_path)
    return dataclasses.replace(example, instance=instance, objects=objects, findings=findings)


def _year(config: Config) -> int:
    """The year of what lies there."""
    root = raw_files.root(config.data_dir, PUBLISHED.name)
    for year in (config.year,) if config.year else COUNTS:
        if any(_annotations(root, split, year) for split in ("train", "eval")):
            return year
    years = str(config.year) if config.year else " or ".join(map(str, COUNTS))
    raise errors.UserError(
        f"{root}: not COCO {years}; expected annotations/instances_train2017.json and instances_val2017.json (or "
        "annotations_trainval2017.zip) with the folders train2017 and val2017 (or their zip files). "
        f"Get them from {PUBLISHED.url}, or convert a JSON of your own with the data set `coco_json`."
    )


def _splits(config: Config) -> list[tuple[str, tuple[Path | None, Path | None]]]:
    """(split, (its JSON, its folder of images)), None where absent."""
    root, year = raw_files.root(config.data_dir, PUBLISHED.name), _year(config)
    labelled = {split: f"{name}{year}" for split, name in NAMES.items() if split != "test"}
    places = [
        (split, (_annotations(root, split, year), raw_files.place(root, folder, f"images/{folder}")))
        for split, folder in labelled.items()
    ]
    return [*places, ("test", coco_layout.published_test(root, year))]


def _annotations(root: Path, split: str, year: int) -> Path | None:
    name = f"instances_{NAMES[split]}{year}.json"
    return raw_files.place(root, f"annotations/{name}", name)
