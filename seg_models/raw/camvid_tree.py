"""CamVid's frames divided into train, eval and test by SegNet's authors: their folders, their lists, and their rule."""

from collections.abc import Iterator
from pathlib import Path

from seg_models import dataset, raw_files
from seg_models.raw import pairing

FOLDERS = {"train": "train", "eval": "val", "test": "test"}
COUNTS = (("train", 367), ("eval", 101), ("test", 233))
CITATION = "Brostow, Fauqueur, Cipolla: Semantic object classes in video, Pattern Recognition Letters 30(2), 2009"
# The part of a sequence that is labelled at 15 Hz is eval; of another sequence, what follows this frame is test.
EVAL_FRAMES = ("0016E5_07959", "0016E5_08159")
LAST_OF_TRAIN = "0001TP_008520"


def folder(root: Path) -> Path | None:
    """The folder CamVid, which may be `root` itself, with {train,val,test} and {train,val,test}annot in it."""
    for candidate in (root / "CamVid", root):
        if raw_files.is_folder(candidate / "train"):
            return candidate
    return None


def items(folder: Path, split: str) -> Iterator[dataset.Item]:
    """The pairs of a split, as train.txt, val.txt or test.txt lists them; all pairs of its folders without that file.

    Broken pairs are given whether listed or not: the list decides which whole pairs count. Of a test split without any
    mask these are its images.
    """
    name = FOLDERS[split]
    sources = [pairing.Source("image", folder / name), pairing.Source("mask", folder / f"{name}annot")]
    if split == "test":
        sources = pairing.labelled(sources)
    list_file = folder / f"{name}.txt"
    if not raw_files.exists(list_file):
        yield from pairing.items(sources)
        return
    listed = sorted(_listed(list_file))
    found = {item.key: item for item in pairing.items(sources)}
    broken = [key for key, item in found.items() if key not in set(listed) and not pairing.is_whole(item)]
    for key in sorted([*listed, *broken]):
        yield found[key] if key in found else pairing.missing(sources, key)


def split_of(key: str) -> str:
    """The split in whose list a frame is, by its name, SEQUENCE_FRAME."""
    if EVAL_FRAMES[0] <= key <= EVAL_FRAMES[1]:
        return "eval"
    sequence = key.partition("_")[0]
    follows = sequence == LAST_OF_TRAIN.partition("_")[0] and key > LAST_OF_TRAIN
    return "test" if follows or sequence == "Seq05VD" else "train"


def _listed(list_file: Path) -> list[str]:
    """The keys in a list of pairs; its paths begin with a prefix, /SegNet/ in the published ones, that is of no use."""
    return [Path(line.split()[0]).stem for line in raw_files.lines(list_file)]
