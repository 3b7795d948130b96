"""The data set contract: what a data set is (DatasetInfo), one image in memory (Example), the label contract.

A data set is one file in `seg_models/datasets/` with
    Config                          frozen dataclass; `data_dir` and what else the user may set
    INFO: DatasetInfo               or, where the user's files decide, `info(config) -> DatasetInfo`
    items(config, split)            -> Iterator[Item]: cheap, on the driver; keys are unique
    load(config, item)              -> Example: on a worker
Numpy only: importing this must not load TensorFlow.
"""

import dataclasses
from collections.abc import Mapping
from types import ModuleType

import numpy as np

from seg_models import errors

VOID = 255
VOID_16 = 65535


@dataclasses.dataclass(frozen=True)
class Category:
    """One class that is learnt; its train id is its place in DatasetInfo.categories."""

    name: str
    color: tuple[int, int, int]
    is_thing: bool = False


@dataclasses.dataclass(frozen=True)
class DatasetInfo:
    """All that a data set is; converter, model, loss, metric and export read this one.

    Attributes:
      name: of the data set.
      categories: what is learnt, in the order of the train ids.
      raw_values: (raw value, train id or None for void) for every value that may stand in a raw mask. A colour
        (r, g, b) counts as the value r * 65536 + g * 256 + b.
      splits: names of the splits that `items` knows, "train" and "eval" among them.
      expected_counts: (split, items) as published; empty where the user decides.
      licence, citation, url: for people.
    """

    name: str
    categories: tuple[Category, ...]
    raw_values: tuple[tuple[int, int | None], ...]
    splits: tuple[str, ...] = ("train", "eval")
    expected_counts: tuple[tuple[str, int], ...] = ()
    licence: str = ""
    citation: str = ""
    url: str = ""

    @property
    def num_categories(self) -> int:
        """Number of train ids."""
        return len(self.categories)

    @property
    def void(self) -> int:
        """The value of void pixels in semantic maps: 255, or 65535 where the maps need 16 bits."""
        return VOID if self.num_categories <= VOID else VOID_16

    @property
    def label_divisor(self) -> int:
        """panoptic = semantic * label_divisor + instance; chosen so that every panoptic id fits in 16 bits."""
        return min(1000, VOID_16 // self.num_categories)

    @property
    def thing_ids(self) -> tuple[int, ...]:
        """Train ids of the countable categories."""
        return tuple(i for i, category in enumerate(self.categories) if category.is_thing)

    @property
    def names(self) -> tuple[str, ...]:
        """Category names in the order of the train ids."""
        return tuple(category.name for category in self.categories)


@dataclasses.dataclass(frozen=True)
class Item:
    """One image's paths and key, listed cheaply; picklable.

    Attributes:
      key: unique in the data set; becomes `image/source_id`.
      paths: (role, path), such as ("image", "a/b.png"), ("mask", "c/b.png").
    """

    key: str
    paths: tuple[tuple[str, str], ...] = ()

    def path(self, role: str) -> str:
        """The path in the given role; KeyError where the item has none."""
        return dict(self.paths)[role]


@dataclasses.dataclass(frozen=True, eq=False)
class Object:
    """One annotated thing.

    Attributes:
      category: train id.
      instance: its value in Example.instance; 0 where no pixel of it is visible.
      is_crowd: a region of many that were not told apart.
      amodal: bool [H, W], the whole extent, hidden parts included; None where not annotated.
      depth: order in the scene, 0 is nearest; None where not annotated.
    """

    category: int
    instance: int
    is_crowd: bool = False
    amodal: np.ndarray | None = None
    depth: int | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Example:
    """One image and its annotations, lossless.

    Attributes:
      key: Item.key.
      image_bytes: the encoded image as it came.
      image_format: "png" or "jpeg".
      height, width: of the image, pixels.
      semantic: uint8 or uint16 [H, W] train ids and void; None where not annotated.
      instance: uint16 or int32 [H, W], 0 = no instance; None where not annotated.
      objects: one for every instance id, and for wholly hidden things.
      raw_histogram: raw mask value -> pixels.
    """

    key: str
    image_bytes: bytes
    image_format: str
    height: int
    width: int
    semantic: np.ndarray | None = None
    instance: np.ndarray | None = None
    objects: tuple[Object, ...] = ()
    raw_histogram: Mapping[int, int] = dataclasses.field(default_factory=dict)


def info_of(module: ModuleType, config: object) -> DatasetInfo:
    """The DatasetInfo of a data set module: its constant, or what the user's files say."""
    return module.INFO if hasattr(module, "INFO") else module.info(config)


def to_semantic(raw: np.ndarray, info: DatasetInfo, path: str) -> tuple[np.ndarray, dict[int, int]]:
    """Maps raw mask values to train ids by the label contract.

    Args:
      raw: any integer type [H, W], values as in the file.
      info: lists every permitted value.
      path: named in the error.

    Returns:
      semantic uint8 (uint16 where void is 65535) [H, W], and the histogram {raw value: pixels}.

    Raises:
      DataError: a value is not listed; names file, value and number of pixels.
    """
    listed = np.array(sorted(value for value, _ in info.raw_values), np.int32)
    raw = np.asarray(raw, np.int32)
    # A search among the few listed values; sorting the pixels, as np.unique does, takes ten times as long.
    place = np.minimum(np.searchsorted(listed, raw), len(listed) - 1)
    unlisted = listed[place] != raw
    if unlisted.any():
        value, count = (found.tolist()[0] for found in np.unique(raw[unlisted], return_counts=True))
        raise errors.DataError(
            f"{path}: raw value {_shown(value)} on {count} pixels is not listed for data set `{info.name}`. "
            "List it as a category or as void."
        )
    table = dict(info.raw_values)
    train_ids = [info.void if table[value] is None else table[value] for value in listed.tolist()]
    counts = np.bincount(place.ravel(), minlength=len(listed))
    semantic = np.asarray(train_ids, np.uint8 if info.void == VOID else np.uint16)[place]
    return semantic, {value: count for value, count in zip(listed.tolist(), counts.tolist()) if count}


def _shown(value: int) -> str:
    """A raw value for people: colours also as (r, g, b)."""
    return str(value) if value < 65536 else f"{value} = RGB {(value >> 16, value >> 8 & 255, value & 255)}"
