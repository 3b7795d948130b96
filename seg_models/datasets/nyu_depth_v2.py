"""NYU Depth V2, the labelled frames: 1449 pictures of rooms with 894 classes, or the 40 or 13 they are grouped into.

    data_dir/nyu_depth_v2_labeled.mat    MATLAB 7.3: images, labels (894 classes, 0 = void), instances; read by frame
    data_dir/splits.mat                  numbers of the frames to train and to test on; these are the split `eval`
or, for prediction, frames without labels as depth estimation has them, each a file with `rgb` [3, H, W]:
    data_dir/{train,val}/SCENE/*.h5      without the folders train and val, keys decide

Images come as pixels and become PNGs. An instance is a number within its class; walls, floors and ceilings have them
too, so the numbers as they came are the map `instances` of an Example. Depth is not converted.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, labels, raw_files, registry, value_tables
from seg_models.raw import category_table, hold_out, matlab, matlab_hdf5

LABELED, FRAMES = "nyu_depth_v2_labeled.mat", "splits.mat"
# Split -> variable of splits.mat, folder of unlabelled frames.
SPLITS = {"train": ("trainNdxs", "train"), "eval": ("testNdxs", "val")}
CLASSES = ("13", "40", "894")
NAMES = tuple(category.name for category in category_table.read("nyu_depth_v2_894").categories)
# Map of an Example: the numbers of instances as they came.
INSTANCES = "instances"
URL = "https://cs.nyu.edu/~silberman/datasets/nyu_depth_v2.html"
SPLITS_URL = "http://horatio.cs.nyu.edu/mit/silberman/indoor_seg_sup/splits.mat"


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and what is learnt.

    Attributes:
      data_dir: the folder with nyu_depth_v2_labeled.mat and splits.mat, or with .h5 files.
      classes: "40" (Gupta, Arbelaez and Malik), "13" (Couprie, Farabet, Najman and LeCun) or "894", as annotated.
      eval_fraction: of .h5 files that are not in folders train and val.
    """

    data_dir: str = ""
    classes: str = "40"
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        registry.check("`classes` of nyu_depth_v2", self.classes, CLASSES)
        hold_out.check(self.eval_fraction)


def info(config: Config) -> dataset.DatasetInfo:
    """The chosen classes; walls, floors and ceilings are stuff, all else are things."""
    table = category_table.read(f"nyu_depth_v2_{config.classes}")
    return dataset.DatasetInfo(
        name="nyu_depth_v2",
        categories=table.categories,
        raw_values=table.raw_values,
        splits=tuple(SPLITS),
        expected_counts=(("train", 795), ("eval", 654)),
        licence="Published for research without a licence; ask the authors before any other use.",
        citation="Silberman, Hoiem, Kohli, Fergus: Indoor segmentation and support inference from RGBD images, "
        "ECCV 2012",
        url=URL,
        tasks=("semantic", "instance", "panoptic"),
    )


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The frames of a split, keyed by their numbers from 1; .h5 files by their paths."""
    registry.check("the splits of nyu_depth_v2", split, SPLITS)
    root = raw_files.root(config.data_dir, "nyu_depth_v2")
    if not raw_files.exists(root / LABELED):
        yield from _unlabelled(config, root, split)
        return
    if not raw_files.exists(root / FRAMES):
        raise errors.UserError(f"{root / FRAMES}: the file is missing, which says what to train on. Get {SPLITS_URL}.")
    name = SPLITS[split][0]
    listed = matlab.field(matlab.read(root / FRAMES), name, root / FRAMES)
    numbers = matlab.label_map(listed, f"{root / FRAMES}: {name}")
    for number in sorted(numbers.ravel().tolist()):
        # All frames are in one file; what is said of one begins with its key.
        yield dataset.Item(f"{number:04d}", (("frames", str(root / LABELED)),))


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one frame."""
    if "image" in dict(item.paths):
        return _frame(item.key, _pixels(item.path("image")))
    path, index, described = item.path("frames"), int(item.key) - 1, info(config)
    example = _frame(item.key, matlab_hdf5.entry(path, "images", index, dimensions=3))
    raw, numbers = (
        matlab.label_map(matlab_hdf5.entry(path, name, index, dimensions=2), f"{path}: {name} of frame {item.key}")
        for name in ("labels", "instances")
    )
    for values, name in ((raw, "labels"), (numbers, "instances")):
        if values.shape != (example.height, example.width):
            raise errors.DataError(f"{path}: {name} of frame {item.key} are {values.shape}, its image is not.")
        if values.max(initial=0) > dataset.VOID_16:
            raise errors.DataError(f"{path}: {name} of frame {item.key} have the value {values.max()}; at most 65535.")
    instance, objects = _objects(raw, numbers, described)
    example = dataclasses.replace(example, instance=instance, objects=objects, maps={INSTANCES: numbers})
    return labels.annotated(example, labels.of(raw, described, f"{path}, frame {item.key}"))


def found(config: Config) -> str:
    """Which of the layouts, and where."""
    root = raw_files.root(config.data_dir, "nyu_depth_v2")
    if raw_files.exists(root / LABELED):
        return f"labelled frames of NYU Depth V2 in {root / LABELED}"
    return f"frames of NYU Depth V2 without labels (.h5) in {root}"


def _frame(key: str, pixels: np.ndarray) -> dataset.Example:
    """An Example with the image alone, from uint8 [H, W, 3]."""
    if pixels.dtype != np.uint8 or pixels.shape[2] != 3:
        raise errors.DataError(f"{key}: the image is {pixels.dtype} {pixels.shape}; expected uint8 [H, W, 3].")
    return dataset.Example(key, image_files.encode_png(np.ascontiguousarray(pixels)), "png", *pixels.shape[:2])


def _objects(
    raw: np.ndarray, numbers: np.ndarray, described: dataset.DatasetInfo
) -> tuple[np.ndarray, tuple[dataset.Object, ...]]:
    """Instances that are unique in the image, and one Object for each.

    Args:
      raw: int32 [H, W], 894 classes.
      numbers: int32 [H, W], within a class; 0 = none.
      described: says which classes are things.
    """
    thing_ids = set(described.thing_ids)
    things = {value: train_id for value, train_id in described.raw_values if train_id in thing_ids}
    counted = np.isin(raw, list(things)) & (numbers > 0)
    span = int(numbers.max(initial=0)) + 1
    codes = np.where(counted, raw * span + numbers, 0)
    pixels = value_tables.count(codes)
    present = [code for code in np.flatnonzero(pixels).tolist() if code]
    identities = np.zeros(len(pixels), np.int32)
    identities[present] = np.arange(1, len(present) + 1)
    objects = [divmod(code, span) for code in present]
    return value_tables.look_up(identities, codes), tuple(
        dataset.Object(things[value], identity, name=NAMES[value - 1], source_id=number)
        for identity, (value, number) in enumerate(objects, 1)
    )


def _unlabelled(config: Config, root: Path, split: str) -> Iterator[dataset.Item]:
    """The .h5 files of a split."""
    files = [path for path in raw_files.walk(root) if path.endswith(".h5")]
    if not files:
        raise errors.UserError(
            f"{root}: not NYU Depth V2; expected {LABELED} and {FRAMES}, or .h5 files. Get them from {URL} and "
            f"{SPLITS_URL}."
        )
    folders = {folder for _, folder in SPLITS.values()}
    every = [dataset.Item(path.removesuffix(".h5"), (("image", str(root / path)),)) for path in sorted(files)]
    if {path.split("/")[0] for path in files} & folders:
        yield from (item for item in every if item.key.startswith(f"{SPLITS[split][1]}/"))
    else:
        yield from hold_out.part(every, split, config.eval_fraction)


def _pixels(path: str) -> np.ndarray:
    """The image in an .h5 file, uint8 [H, W, 3], whatever the type its whole numbers have."""
    values = np.asarray(matlab_hdf5.variable(path, "rgb", dimensions=3)).transpose(1, 2, 0)
    pixels = values.astype(np.uint8)
    if not np.array_equal(pixels, values):
        raise errors.DataError(f"{path}: `rgb` has values that are not whole numbers from 0 to 255.")
    return pixels
