"""CamVid as first published: 701 frames of four drives through Cambridge, 960x720, 31 classes and void as colours.

    data_dir/701_StillsRaw_full/SEQUENCE_FRAME.png
    data_dir/LabeledApproved_full/SEQUENCE_FRAME_L.png

or the zip files as downloaded; or the folders {train,val,test} and {train,val,test}annot that SegNet's authors divide
CamVid into, with maps in these colours (data set `camvid` reads their own maps, of 11 classes).
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from seg_models import dataset, errors, raw_files, registry
from seg_models.raw import camvid_tree, category_table, pairing

STILLS, LABELS = "701_StillsRaw_full", "LabeledApproved_full"
LABEL_ENDING = "_L"
TABLE = category_table.read("camvid_full")

# No instances are annotated, so all classes count as stuff.
INFO = dataset.DatasetInfo(
    name="camvid_full",
    categories=TABLE.categories,
    raw_values=TABLE.raw_values,
    splits=tuple(camvid_tree.FOLDERS),
    expected_counts=camvid_tree.COUNTS,
    licence="No licence is stated; the publications are to be cited",
    citation=camvid_tree.CITATION,
    url="http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid",
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is.

    Attributes:
      data_dir: the folder with the folders or zip files of frames and of labels.
    """

    data_dir: str = ""


def found(config: Config) -> str:
    """Which of the two layouts lies there."""
    published, divided = _layout(config)
    return f"{published[0]} and {published[1]}, as first published" if published else f"{divided}: divided into folders"


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The frames of a split, by the rule of SegNet's authors or by their folders and lists, key SEQUENCE_FRAME."""
    registry.check("the splits of camvid_full", split, INFO.splits)
    published, divided = _layout(config)
    if divided:
        yield from camvid_tree.items(divided, split)
        return
    sources = (pairing.Source("image", published[0]), pairing.Source("mask", published[1], LABEL_ENDING))
    yield from (item for item in pairing.items(sources) if camvid_tree.split_of(item.key) == split)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one pair, or an image without labels."""
    return pairing.load(item, INFO)


def _layout(config: Config) -> tuple[tuple[Path, Path] | None, Path | None]:
    """(the folders of frames and of labels, None) as first published, or (None, the folder CamVid) where divided."""
    root = raw_files.root(config.data_dir, INFO.name)
    published = raw_files.place(root, STILLS), raw_files.place(root, LABELS)
    if all(published):
        return published, None
    divided = camvid_tree.folder(root)
    if divided is None:
        raise errors.UserError(
            f"{root}: not CamVid; expected the folders or zip files {STILLS} and {LABELS}, or the folders train, "
            f"trainannot, val and valannot. Get them from {INFO.url}."
        )
    return None, divided
