"""The embedded data set: procedural street scenes with semantic, instance, panoptic and amodal truth and depth order.

Nothing is read from disk. An item's key, the seed and the size determine its image, on any worker and in any order.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from seg_models import dataset, errors, image_files, labels, registry
from seg_models.toy_scene import render

# A street cannot be told in fewer pixels.
LOWEST = (("images_train", 0), ("images_eval", 0), ("images_test", 0), ("seed", 0), ("height", 32), ("width", 32))


@dataclasses.dataclass(frozen=True)
class Config:
    """What is made.

    Attributes:
      images_train, images_eval, images_test: images of each split; a longer split begins with the shorter one's images.
      height, width: of every image, pixels.
      seed: another seed, other images.
      data_dir: unused; nothing is read.
    """

    images_train: int = 400
    images_eval: int = 64
    images_test: int = 0
    height: int = 128
    width: int = 128
    seed: int = 0
    data_dir: str = ""


INFO = dataset.DatasetInfo(
    name="toy_streets",
    # In the order of seg_models.toy_scene.categories.
    categories=(
        dataset.Category("sky", (112, 168, 220)),
        dataset.Category("road", (110, 80, 130)),
        dataset.Category("pavement", (230, 130, 205)),
        dataset.Category("building", (128, 118, 108)),
        dataset.Category("tree", (92, 150, 60)),
        dataset.Category("car", (30, 70, 190), is_thing=True),
        dataset.Category("person", (215, 40, 60), is_thing=True),
        dataset.Category("sign", (240, 200, 40), is_thing=True),
    ),
    raw_values=(*((value, value) for value in range(8)), (dataset.VOID, None)),
    splits=("train", "eval", "test"),
    tasks=("semantic", "instance", "panoptic", "amodal"),
    licence="Made by this program; no rights reserved.",
)


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The keys of a split, `toy_streets/train/000012`."""
    registry.check("the splits of toy_streets", split, INFO.splits)
    _check(config)
    count = {"train": config.images_train, "eval": config.images_eval, "test": config.images_test}[split]
    for index in range(count):
        yield dataset.Item(f"{INFO.name}/{split}/{index:06d}")


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Renders an item."""
    _, split, index = item.key.split("/")
    rng = np.random.default_rng([config.seed, INFO.splits.index(split), int(index)])
    picture = render.picture(rng, config.height, config.width)
    example = dataset.Example(
        key=item.key,
        image_bytes=image_files.encode_png(picture.image),
        image_format="png",
        height=config.height,
        width=config.width,
        instance=picture.instance,
        objects=picture.objects,
    )
    return labels.annotated(example, labels.of(picture.semantic, INFO, item.key))


def _check(config: Config) -> None:
    for name, lowest in LOWEST:
        value = getattr(config, name)
        if value < lowest:
            raise errors.UserError(f"toy_streets: `{name}` is {value}; expected {lowest} or more.")
