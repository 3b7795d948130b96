"""Daimler Urban Segmentation: 500 frames of drives in grey, 1024x440; say which label value is which class.

    data_dir/{train_1,train_2,train_3,test_1,test_2}/imgleft/imgleft000000009.pgm         12 bits a pixel
    data_dir/{train_1,...}/groundtruth/label000000009.pgm                                 8 bits
    data_dir/{train_1,...}/disp/disp000000009.pgm              optional: disparity * 512, 16 bits; kept as a map

or zip files of these. The published test sequences are eval here; nothing is published for tuning.

Records hold PNG or JPEG, so each image is encoded anew as a PNG of 16 bits, without loss: its values are multiplied by
16, which moves the 12 bits to the top, where readers of 8 bits look. A value in the PNG >> 4 is that in the PGM.

What the label values mean is told in the download. They are settings, so that none is taken for what it is not.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, labels, raw_files, registry
from seg_models.raw import pairing, pgm

SEQUENCES = {"train": ("train_1", "train_2", "train_3"), "eval": ("test_1", "test_2")}
IMAGE_BITS = 12
URL = "http://www.6d-vision.com/scene-labeling"
# Colours of the like classes of Cityscapes; no instances are annotated, so all are stuff.
CATEGORIES = (
    dataset.Category("ground", (128, 64, 128)),
    dataset.Category("building", (70, 70, 70)),
    dataset.Category("vehicle", (0, 0, 142)),
    dataset.Category("pedestrian", (220, 20, 60)),
    dataset.Category("sky", (70, 130, 180)),
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and what its label values mean.

    Attributes:
      data_dir: the folder with the sequences train_1, train_2, train_3, test_1 and test_2, or their zip files.
      ground, building, vehicle, pedestrian, sky: the values of each class in the maps, one or several.
      void: the values that count for nothing.
    """

    data_dir: str = ""
    ground: tuple[int, ...] = ()
    building: tuple[int, ...] = ()
    vehicle: tuple[int, ...] = ()
    pedestrian: tuple[int, ...] = ()
    sky: tuple[int, ...] = ()
    void: tuple[int, ...] = (255,)

    def __post_init__(self) -> None:
        values = [*self.ground, *self.building, *self.vehicle, *self.pedestrian, *self.sky, *self.void]
        for value in values:
            if not 0 <= value <= 255 or values.count(value) > 1:
                raise errors.UserError(f"data set `dus`: the label value {value}: expected 0..255, each given once.")


def info(config: Config) -> dataset.DatasetInfo:
    """The classes, with the values that the settings give them."""
    values = [getattr(config, category.name) for category in CATEGORIES]
    missing = [category.name for category, given in zip(CATEGORIES, values) if not given]
    if missing:
        raise errors.UserError(
            f"data set `dus`: which values in the maps are {', '.join(missing)}? The download tells; say it as in "
            f"--{missing[0]} 3, several as 3,4; what is none of the classes goes to --void.{_values_there(config)}"
        )
    listed = [(value, train_id) for train_id, given in enumerate(values) for value in given]
    return dataset.DatasetInfo(
        name="dus",
        categories=CATEGORIES,
        raw_values=tuple(sorted([*listed, *((value, None) for value in config.void)], key=lambda pair: pair[0])),
        splits=tuple(SEQUENCES),
        expected_counts=(("train", 300), ("eval", 200)),
        licence="For research; the publication is to be cited; no redistribution",
        citation="Scharwaechter, Enzweiler, Franke, Roth: Efficient Multi-Cue Scene Segmentation, GCPR 2013",
        url=URL,
    )


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The labelled frames of a split, key SEQUENCE/NUMBER; frames without label are not listed."""
    registry.check("the splits of dus", split, SEQUENCES)
    there = _sequences(config)
    for sequence in sorted(set(SEQUENCES[split]) & there.keys()):
        folder = there[sequence]
        disparities = set(raw_files.names(folder / "disp"))
        for name in raw_files.names(folder / "groundtruth"):
            if name.startswith("label") and name.endswith(".pgm"):
                number = name[len("label") : -len(".pgm")]
                paths = [("image", f"{folder}/imgleft/imgleft{number}.pgm"), ("mask", f"{folder}/groundtruth/{name}")]
                if f"disp{number}.pgm" in disparities:
                    paths.append(("disparity", f"{folder}/disp/disp{number}.pgm"))
                yield dataset.Item(f"{sequence}/{number}", tuple(paths))


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one frame, encoded anew as PNG, its labels and its disparity."""
    pairing.check(item)
    roles = dict(item.paths)
    image = _image(roles["image"])
    height, width = image.shape
    example = dataset.Example(item.key, image_files.encode_photo(image), "png", height, width)
    maps = {role: pgm.read(path) for role, path in roles.items() if role != "image"}
    for role, values in maps.items():
        image_files.check_same_size(values, height, width, roles[role], roles["image"])
    example = labels.annotated(example, labels.of(maps.pop("mask"), info(config), roles["mask"]))
    return dataclasses.replace(example, maps=maps)


def _image(path: str) -> np.ndarray:
    """The pixels of an image: uint16 [H, W], its 12 bits at the top; uint8 [H, W] as they are."""
    values = pgm.read(path)
    if values.dtype == np.uint8:
        return values
    highest = int(values.max())
    if highest >= 1 << IMAGE_BITS:
        raise errors.DataError(f"{path}: has the value {highest}; expected {IMAGE_BITS} bits, below {1 << IMAGE_BITS}.")
    return values << (16 - IMAGE_BITS)


def _sequences(config: Config) -> dict[str, Path]:
    """Sequence -> its folder, perhaps in a zip file, of those that are there."""
    root = raw_files.root(config.data_dir, "dus")
    names = [name for several in SEQUENCES.values() for name in several]
    places = {name: raw_files.place(root, f"{name}/groundtruth") for name in names}
    there = {name: path.parent for name, path in places.items() if path is not None}
    if not there:
        raise errors.UserError(
            f"{root}: not Daimler Urban Segmentation; expected the folders {', '.join(names)}, each with imgleft and "
            f"groundtruth, or zip files of them. Get them from {URL}."
        )
    return there


def _values_there(config: Config) -> str:
    """A sentence on the values in the first map, to go by; "" without data."""
    item = next(items(config, "train"), None) if config.data_dir else None
    if item is None:
        return ""
    counts = np.bincount(pgm.read(item.path("mask")).ravel())
    shares = ", ".join(f"{value} ({counts[value] / counts.sum():.1%})" for value in np.flatnonzero(counts).tolist())
    return f" {item.path('mask')} has the values {shares}."
