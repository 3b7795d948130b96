"""The data set contract: what a data set is (DatasetInfo), one image in memory (Example), the label contract.

A data set is one file in `seg_models/datasets/` with
    Config                          frozen dataclass; `data_dir` and what else the user may set
    INFO: DatasetInfo               or, where the user's files decide, `info(config) -> DatasetInfo`
    items(config, split)            -> Iterator[Item]: cheap, on the driver; keys are unique
    load(config, item)              -> Example: on a worker
and, where it helps the user,
    found(config)                   -> str: which of several published layouts lies there
    restore(config, item, example)  -> Iterator[(path, raw values [H, W])]: source maps rebuilt from what a record holds
Numpy only: importing this must not load TensorFlow.
"""

import colorsys
import dataclasses
from collections.abc import Mapping
from types import ModuleType

import numpy as np

from seg_models import deferred

VOID = 255
VOID_16 = 65535
# What `segline verify` and the data sets look for, in words.
FINDING_KINDS = {
    "amodal": "seen outside the whole extent",
    "area": "another area than the pixels have",
    "box": "a box that does not hold its mask",
    "category": "another class in another map",
    "changed": "records that differ from their source",
    "count": "another number of images than published",
    "duplicate": "the same image more than once",
    "empty": "listed or labelled without a pixel",
    "error": "cannot be converted or trained on",
    "id": "ids in one of two places only",
    "image": "pixels that training reads in another way",
    "orientation": "turned by EXIF data, trained as stored",
    "overlap": "pixels of several objects",
    "skipped": "left out by the conversion",
}


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
      tasks: that the annotation allows: "semantic", "instance", "panoptic", "amodal", "regions" (without classes).
    """

    name: str
    categories: tuple[Category, ...]
    raw_values: tuple[tuple[int, int | None], ...]
    splits: tuple[str, ...] = ("train", "eval")
    expected_counts: tuple[tuple[str, int], ...] = ()
    licence: str = ""
    citation: str = ""
    url: str = ""
    tasks: tuple[str, ...] = ("semantic",)

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
      paths: (role, path), such as ("image", "a/b.png"), ("mask", "c/b.png"); seg_models/raw_files.py reads them.
      annotation: the part of a file of annotations of many images that is this one's, such as its JSON, compressed.
    """

    key: str
    paths: tuple[tuple[str, str], ...] = ()
    annotation: bytes = b""

    def path(self, role: str) -> str:
        """The path in the given role; KeyError where the item has none."""
        return dict(self.paths)[role]


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something doubtful about an annotation that can still be used; what cannot be is a DataError.

    Attributes:
      kind: one of FINDING_KINDS.
      text: a sentence that names the file and the values.
    """

    kind: str
    text: str


@dataclasses.dataclass(frozen=True, eq=False)
class Object:
    """One annotated thing.

    Attributes:
      category: train id.
      instance: its value in Example.instance; 0 where no pixel of it is foremost there.
      is_crowd: a region of many that were not told apart.
      mask: bool [H, W], all that is annotated as seen of it, where that is not just the pixels of `instance`, because
        objects overlap; None: those pixels.
      amodal: bool [H, W], the whole extent, hidden parts included; None where not annotated.
      depth: order in the scene, 0 is nearest; None where not annotated.
      occlusion: the hidden fraction of the whole extent as annotated, 0..1; None where not annotated.
      annotator: whose annotation it is; `instance` and the maps of the Example are the first one's, 0.
      name: in the annotator's own words; "" where there are none.
      source_id: its id in the source; 0 where it has none.
    """

    category: int
    instance: int
    is_crowd: bool = False
    mask: np.ndarray | None = None
    amodal: np.ndarray | None = None
    depth: int | None = None
    occlusion: float | None = None
    annotator: int = 0
    name: str = ""
    source_id: int = 0


@dataclasses.dataclass(frozen=True, eq=False)
class Example:
    """One image and its annotations, lossless; `semantic` and `raw` may be given as functions.

    Attributes:
      key: Item.key.
      image_bytes: the encoded image as it came.
      image_format: "png" or "jpeg".
      height, width: of the image, pixels.
      semantic: uint8 or uint16 [H, W] train ids and void; None where not annotated.
      instance: uint16 or int32 [H, W], 0 = no instance, below 65536; None where not annotated. Where objects overlap,
        the smaller lies above the larger, and crowds below all.
      objects: one for every instance id, and those wholly hidden or of other annotators.
      raw: integer [H, W], `semantic` in the values of the source; None where there were none.
      semantic_png: `semantic` and `raw` encoded, where that was at hand without encoding (seg_models/labels.py).
      instance_png: `instance` as a grey PNG, of 8 bits if all ids are below 256, of 16 if not; where that was at hand.
      maps: other integer maps [H, W], 0..65535, by name: "annotator/1/semantic" (train ids), "annotator/1/regions" (no
        classes), "parts/1/class", "parts/1/instance", "field_of_view"...
      annotation: the source's own text on this image, such as its JSON; b"" where maps say it all.
      findings: what is doubtful.
      raw_histogram: raw mask value -> pixels.
    """

    key: str
    image_bytes: bytes
    image_format: str
    height: int
    width: int
    semantic: np.ndarray | None = deferred.Deferred()
    instance: np.ndarray | None = None
    objects: tuple[Object, ...] = ()
    raw: np.ndarray | None = deferred.Deferred()
    semantic_png: bytes = b""
    instance_png: bytes = b""
    maps: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    annotation: bytes = b""
    findings: tuple[Finding, ...] = ()
    raw_histogram: Mapping[int, int] = dataclasses.field(default_factory=dict)


def info_of(module: ModuleType, config: object) -> DatasetInfo:
    """The DatasetInfo of a data set module: its constant, or what the user's files say."""
    return module.INFO if hasattr(module, "INFO") else module.info(config)


def palette_color(index: int) -> tuple[int, int, int]:
    """A colour for a class that has none; steps of the golden ratio keep neighbours apart however many there are."""
    red, green, blue = colorsys.hsv_to_rgb(index * 0.618 % 1, 0.65, 0.9)
    return round(red * 255), round(green * 255), round(blue * 255)
