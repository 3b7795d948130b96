"""ADE20K as the scene parsing benchmark publishes it: SceneParse150, 150 classes and void.

    data_dir/ADEChallengeData2016/images/{training,validation}/*.jpg
    data_dir/ADEChallengeData2016/annotations/{training,validation}/*.png   0 = other, void here; 1..150 the classes
    data_dir/release_test/testing/*.jpg                                     without labels; optional
"""

import dataclasses
from collections.abc import Iterator

from seg_models import dataset
from seg_models.raw import ade20k_challenge, category_table, pairing

TABLE = category_table.read("ade20k")

# No instances are annotated, so all classes count as stuff here; ade20k_panoptic has them.
INFO = dataset.DatasetInfo(
    name="ade20k",
    categories=tuple(dataclasses.replace(category, is_thing=False) for category in TABLE.categories),
    raw_values=TABLE.raw_values,
    splits=tuple(ade20k_challenge.SPLITS),
    expected_counts=ade20k_challenge.COUNTS,
    licence=ade20k_challenge.LICENCE,
    citation=ade20k_challenge.CITATION,
    url=ade20k_challenge.URL,
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is.

    Attributes:
      data_dir: the folder ADEChallengeData2016, or the folder above, with that folder or its zip file in it.
    """

    data_dir: str = ""


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split with their maps."""
    return ade20k_challenge.items(config.data_dir, INFO.name, {"mask": "annotations"}, split)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one image and, where it is annotated, its map."""
    return pairing.load(item, INFO)


def found(config: Config) -> str:
    """Where the tree lies."""
    return f"SceneParse150 in {ade20k_challenge.folder(config.data_dir, INFO.name, ['annotations'])}"
