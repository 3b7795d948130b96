"""One record of a prepared data set: its features as images, maps and JSON."""

import dataclasses
import json
from collections.abc import Mapping

import numpy as np

from seg_models import dataset, errors, image_files
from seg_models.tfds import classes, files, layouts

PLAIN_KINDS = ("text", "classLabel", "boundingBox", "tensor")
RAGGED = "/ragged_"


@dataclasses.dataclass(frozen=True)
class Meaning:
    """What the features of a data set mean: `info` is what they make of it, `found` its classes."""

    prepared: files.Prepared
    layout: layouts.Layout
    found: classes.Classes
    info: dataset.DatasetInfo


@dataclasses.dataclass(frozen=True)
class Record:
    """One record.

    Attributes:
      features: flat name -> values.
      place: what errors call it, such as FOLDER/coco-train.tfrecord-00000-of-00016__12.
    """

    features: Mapping[str, list]
    place: str

    def name(self, part: str) -> str:
        """What errors call a feature of this record."""
        return f"{self.place} `{part}`"

    def encoded(self, feature: str) -> bytes:
        """The bytes of an image; DataError where there are none."""
        values = self.features.get(feature) or [b""]
        if not values[0]:
            raise errors.DataError(f"{self.name(feature)}: the record holds no such image.")
        return values[0]

    def values(self, part: str) -> np.ndarray:
        """The raw values of a map, or of one channel of an RGB one: int32 [H, W]."""
        feature, channel = layouts.part(part)
        encoded = self.encoded(feature)
        if channel is None:
            return image_files.read_raw_mask(self.name(part), encoded)
        if image_files.opened(encoded, self.name(part)).mode not in ("RGB", "RGBA") or channel > 2:
            raise errors.DataError(f"{self.name(part)}: the map has no such channel; expected RGB, channels 0 to 2.")
        return image_files.read_raw_mask(self.name(part), encoded) >> 8 * (2 - channel) & 255

    def check_size(self, values: np.ndarray, part: str, example: dataset.Example) -> None:
        """Raises DataError where a map [H, W] has not the image's size."""
        if values.shape != (example.height, example.width):
            sizes = f"{values.shape[1]}x{values.shape[0]}, the image {example.width}x{example.height}"
            raise errors.DataError(f"{self.name(part)}: the map is {sizes}; expected one size.")


def others(record: Record, meaning: Meaning) -> tuple[dict[str, np.ndarray], bytes]:
    """What else a record holds: {name: int32 [H, W]} of its images of one channel, and JSON of all that is plain."""
    taken = {layouts.part(part)[0] for part in dataclasses.astuple(meaning.layout)}
    maps, rest = {}, {}
    for key, values in sorted(record.features.items()):
        # A list of lists lies in two: NAME/ragged_flat_values and NAME/ragged_row_lengths_0.
        feature = meaning.prepared.features.get(key.partition(RAGGED)[0])
        if feature and feature.kind in PLAIN_KINDS:
            named = feature.names if "row_length" not in key else ()
            plain = [_plain(value, named) for value in values]
            rest[key] = plain[0] if len(plain) == 1 and feature.is_single else plain
        elif feature and values and key not in taken and layouts.is_map(feature):
            maps[key] = record.values(key)
    return maps, json.dumps(rest, ensure_ascii=False).encode() if rest else b""


def _plain(value: bytes | float | int, names: tuple[str, ...]) -> str | float | int:
    """A value as JSON has it; a label by its name."""
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return names[value] if names and 0 <= value < len(names) else value
