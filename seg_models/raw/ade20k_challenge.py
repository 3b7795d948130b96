"""ADEChallengeData2016, the tree of the scene parsing challenges: images of three splits and maps for two of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from seg_models import dataset, errors, raw_files, registry
from seg_models.raw import pairing

FOLDER = "ADEChallengeData2016"
SPLITS = {"train": "training", "eval": "validation", "test": "testing"}
# The images without labels come by themselves, as release_test.zip, or among those of the Places challenge.
TESTS = ("release_test/testing", "release_test", "images/testing")
COUNTS = (("train", 20_210), ("eval", 2_000), ("test", 3_352))
LICENCE = "Images: non-commercial research and education only; annotations: BSD-3-Clause."
CITATION = "Zhou, Zhao, Puig, Fidler, Barriuso, Torralba: Scene parsing through ADE20K dataset, CVPR 2017"
URL = "http://sceneparsing.csail.mit.edu"


def folder(data_dir: str, name: str, maps: Sequence[str]) -> Path:
    """The folder ADEChallengeData2016 itself.

    Args:
      data_dir: it, or the folder above.
      name: of the data set.
      maps: the folders that it needs beside `images`.
    """
    root = raw_files.root(data_dir, name)
    for found in (raw_files.place(root, FOLDER), root):
        if found and all(raw_files.is_folder(found / each) for each in ("images", *maps)):
            return found
    needed = ", ".join(f"{each}/training and {each}/validation" for each in ("images", *maps))
    raise errors.UserError(f"{root}: not {FOLDER}; expected {needed} in it or its folder {FOLDER}. Get it from {URL}.")


def items(data_dir: str, name: str, maps: dict[str, str], split: str) -> Iterator[dataset.Item]:
    """The images of a split, paired with their maps; the test split has none.

    Args:
      data_dir: as the user gave it.
      name: of the data set.
      maps: role -> folder of the maps.
      split: one of SPLITS.
    """
    registry.check(f"the splits of {name}", split, SPLITS)
    found = folder(data_dir, name, tuple(maps.values()))
    if split == "test":
        tests = raw_files.place(raw_files.root(data_dir, name), *TESTS) or raw_files.place(found, *TESTS)
        yield from pairing.items([pairing.Source("image", tests)] if tests else [])
        return
    sources = [pairing.Source(role, found / each / SPLITS[split]) for role, each in {"image": "images", **maps}.items()]
    yield from pairing.items(sources)
