"""CrackForest (CFD): cracks in 118 photographs of urban roads, 480x320; thin structures, 1.6 % of the pixels.

    data_dir/image/001.jpg
    data_dir/groundTruth/001.mat     Segmentation [H, W]
    data_dir/seg/001.seg             the same in the text format of the Berkeley benchmark; read where there is no .mat

Segmentation is 1 = background and 2 = crack. 22 files also have the values 3 and 4, which the authors explain nowhere.
By the look of it 3 is mostly pavement that cracks enclose, 4 are hairlines apart from the main crack; published results
count them either way. Here both are void, so that no score depends on that choice; the record keeps the raw values.
"""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, labels, raw_files, registry
from seg_models.raw import hold_out, matlab, pairing

INFO = dataset.DatasetInfo(
    name="crackforest",
    categories=(dataset.Category("background", (0, 0, 0)), dataset.Category("crack", (255, 255, 255))),
    raw_values=((1, 0), (2, 1), (3, None), (4, None)),
    licence="Non-commercial research only",
    citation="Shi, Cui, Qi, Meng, Chen: Automatic road crack detection using random structured forests, "
    "IEEE Transactions on Intelligent Transportation Systems 17(12), 2016",
    url="https://github.com/cuilimeng/CrackForest-dataset",
)
LABELS = (("groundTruth", ".mat"), ("seg", ".seg"))


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and how it is split.

    Attributes:
      data_dir: the folder with image and groundTruth or seg.
      eval_fraction: of the images; which ones depends on their names alone.
    """

    data_dir: str = ""
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """An image and its segmentation; either alone too, which `load` refuses."""
    registry.check("the splits of crackforest", split, INFO.splits)
    root = raw_files.root(config.data_dir, INFO.name)
    images = _stems(root / "image", pairing.SUFFIXES)
    if not images:
        raise errors.UserError(
            f"{root}: not CrackForest; expected the folders image and groundTruth or seg. Get them from {INFO.url}."
        )
    segmentations: dict[str, str] = {}
    for folder, ending in reversed(LABELS):
        segmentations.update(_stems(root / folder, (ending,)))
    every = []
    for key in sorted({*images, *segmentations}):
        image = images.get(key) or str(root / "image" / f"{key}.jpg")
        segmentation = segmentations.get(key) or str(root / LABELS[0][0] / f"{key}{LABELS[0][1]}")
        every.append(dataset.Item(key, (("image", image), ("segmentation", segmentation))))
    yield from hold_out.part(every, split, config.eval_fraction)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image and its segmentation."""
    example, path = pairing.load_image(item), item.path("segmentation")
    mask = labels.of(_read(path), INFO, path)
    image_files.check_same_size(mask.semantic, example.height, example.width, path, item.path("image"))
    return labels.annotated(example, mask)


def _stems(folder: Path, endings: tuple[str, ...]) -> dict[str, str]:
    """File name without ending -> path, of the files of a folder with one of the endings."""
    parts = [(*os.path.splitext(name), name) for name in raw_files.names(folder)]
    return {stem: str(folder / name) for stem, ending, name in parts if ending.lower() in endings}


def _read(path: str) -> np.ndarray:
    """A segmentation, integer [H, W], from 1 on."""
    if path.endswith(LABELS[0][1]):
        return matlab.label_map(matlab.field(matlab.read(path), "groundTruth.Segmentation", path), path)
    lines = raw_files.lines(path)
    try:
        start = lines.index("data")
        header = dict(line.split(maxsplit=1) for line in lines[:start])
        height, width = int(header["height"]), int(header["width"])
        runs = np.array([line.split() for line in lines[start + 1 :]], np.int64).reshape(-1, 4)
    except (ValueError, KeyError) as error:
        raise errors.DataError(f"{path}: not a segmentation file of Berkeley's, or truncated ({error}).") from None
    return _painted(runs, height, width, path)


def _painted(runs: np.ndarray, height: int, width: int, path: str) -> np.ndarray:
    """The map of runs [N, 4] of (segment, row, first and last column), int32 [H, W]; there segments count from 0."""
    lengths = runs[:, 3] - runs[:, 2] + 1
    limits = np.array([dataset.VOID_16, height, width, width])
    if (runs < 0).any() or (runs >= limits).any() or (lengths < 1).any() or lengths.sum() != height * width:
        raise errors.DataError(
            f"{path}: its runs do not cover its {width}x{height} pixels once each. The file is damaged; get it again."
        )
    raw = np.zeros((height, width), np.int32)
    for segment, row, first, last in runs.tolist():
        raw[row, first : last + 1] = segment + 1
    if not raw.all():
        raise errors.DataError(f"{path}: its runs overlap. The file is damaged; get it again.")
    return raw
