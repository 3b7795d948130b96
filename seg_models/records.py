"""THE record: its keys, Example -> bytes -> Example, and TFRecord files, all without TensorFlow.

Keys that the TensorFlow Object Detection API or Model Garden decoders read keep their names. What those cannot express
has keys of its own. The semantic PNG has a palette: TensorFlow decodes its grey, the train ids; the indices are the raw
values of the source, or places in `image/segmentation/raw/values`.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

import google_crc32c
import numpy as np

from seg_models import dataset, errors, example_message, image_files, image_structure, labels, record_objects

IMAGE = "image/encoded"
FORMAT = "image/format"
HEIGHT = "image/height"
WIDTH = "image/width"
KEY = "image/source_id"
SEMANTIC = "image/segmentation/class/encoded"
SEMANTIC_FORMAT = "image/segmentation/class/format"
RAW_VALUES = "image/segmentation/raw/values"
RAW = "image/segmentation/raw/encoded"
CATEGORY_MASK = "image/panoptic/category_mask"
# Instance ids: of 8 bits where they fit, as others read them; of 16 under a key of our own where they do not.
INSTANCE_MASK = "image/panoptic/instance_mask"
INSTANCE = "image/instance/encoded"
MAP_NAME = "image/map/name"
MAP = "image/map/encoded"
ANNOTATION = "image/annotation"
FINDING_KIND = "image/finding/kind"
FINDING_TEXT = "image/finding/text"


def encode(example: dataset.Example) -> bytes:
    """Serialises an Example as tf.train.Example; same Example, same bytes."""
    features: dict[str, example_message.Value] = {
        IMAGE: example.image_bytes,
        FORMAT: example.image_format.encode(),
        HEIGHT: [example.height],
        WIDTH: [example.width],
        KEY: example.key.encode(),
    }
    if example.semantic_png or example.semantic is not None:
        features.update(_semantic_features(example))
    if example.instance is not None:
        narrow = example.instance.max(initial=0) < 256
        features[INSTANCE_MASK if narrow else INSTANCE] = example.instance_png or image_files.encode_png(
            example.instance.astype(np.uint8 if narrow else np.uint16)
        )
        if narrow and example.semantic is not None and example.semantic.dtype == np.uint8:
            features[CATEGORY_MASK] = features[SEMANTIC]
    features.update(record_objects.encode(example))
    if example.maps:
        features[MAP_NAME] = [name.encode() for name in example.maps]
        features[MAP] = [image_files.encode_png(_narrow(values)) for values in example.maps.values()]
    if example.annotation:
        features[ANNOTATION] = example.annotation
    if example.findings:
        features[FINDING_KIND] = [finding.kind.encode() for finding in example.findings]
        features[FINDING_TEXT] = [finding.text.encode() for finding in example.findings]
    return example_message.serialised(features)


def decode(record: bytes) -> dataset.Example:
    """The Example in a record, without its raw histogram, which only conversion knows."""
    features = example_message.parsed(record)
    semantic, raw = _semantic(features)
    instance = None
    for key in (INSTANCE, INSTANCE_MASK):
        if key in features:
            instance = image_files.decode(features[key][0]).astype(np.int32)
    names = [name.decode() for name in features.get(MAP_NAME, ())]
    kinds, texts = features.get(FINDING_KIND, ()), features.get(FINDING_TEXT, ())
    return dataset.Example(
        key=features[KEY][0].decode(),
        image_bytes=features[IMAGE][0],
        image_format=features[FORMAT][0].decode(),
        height=features[HEIGHT][0],
        width=features[WIDTH][0],
        semantic=semantic,
        instance=instance,
        objects=tuple(record_objects.decode(features)),
        raw=raw,
        maps=dict(zip(names, map(image_files.decode, features.get(MAP, ())))),
        annotation=features.get(ANNOTATION, [b""])[0],
        findings=tuple(dataset.Finding(kind.decode(), text.decode()) for kind, text in zip(kinds, texts)),
    )


def decode_image(record: bytes) -> tuple[str, bytes]:
    """The key and the encoded image of a record, without a look at its annotations."""
    features = example_message.parsed(record)
    return features[KEY][0].decode(), features[IMAGE][0]


def write(file: BinaryIO, record: bytes) -> None:
    """Appends one record to an open TFRecord file."""
    length = struct.pack("<Q", len(record))
    file.write(length + _masked_crc(length))
    file.write(record)
    file.write(_masked_crc(record))


def read(file: BinaryIO, name: str = "records") -> Iterator[bytes]:
    """The records of an open TFRecord file.

    Raises:
      DataError: the file is truncated or a checksum is wrong; names it and the record.
    """
    index = 0
    while header := file.read(12):
        # The length is trusted only when its own checksum holds: a wrong one may be larger than any memory.
        intact = len(header) == 12 and header[8:] == _masked_crc(header[:8])
        record = file.read(struct.unpack("<Q", header[:8])[0]) if intact else b""
        if not intact or file.read(4) != _masked_crc(record):
            raise errors.DataError(f"{name}: record {index} is truncated or corrupt. Convert the data set again.")
        yield record
        index += 1


def _narrow(values: np.ndarray) -> np.ndarray:
    """Values in 8 bits where these do, and in what they have been in otherwise."""
    return values.astype(np.uint8, copy=False) if 0 <= values.min(initial=0) and values.max(initial=0) < 256 else values


def _semantic_features(example: dataset.Example) -> dict[str, example_message.Value]:
    """The semantic map and, in it or beside it, the raw one."""
    if example.semantic_png:
        return {SEMANTIC: example.semantic_png, SEMANTIC_FORMAT: b"png"}
    semantic, raw = example.semantic, example.raw
    features: dict[str, example_message.Value] = {SEMANTIC_FORMAT: b"png"}
    if raw is not None and semantic.dtype == np.uint8:
        values = sorted(example.raw_histogram) or np.unique(raw).tolist()
        if len(values) <= 256:
            places = labels.places(values, raw).astype(np.uint8)
            grey = np.zeros(len(values), np.uint8)
            grey[places] = semantic
            features[SEMANTIC] = image_structure.encode_map(places, grey)
            features[RAW_VALUES] = values
            return features
    features[SEMANTIC] = image_files.encode_png(semantic)
    if raw is not None:
        if raw.max(initial=0) > dataset.VOID_16:
            raw = np.stack([raw >> 16, raw >> 8 & 255, raw & 255], axis=-1).astype(np.uint8)
        features[RAW] = image_files.encode_png(raw)
    return features


def _semantic(features: dict[str, list]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """(semantic, raw) as in an Example."""
    if SEMANTIC not in features:
        return None, None
    semantic, raw = image_files.decode_indexed(features[SEMANTIC][0])
    if semantic.dtype != np.uint8:
        semantic = semantic.astype(np.uint16)
    if RAW_VALUES in features:
        raw = np.asarray(features[RAW_VALUES], np.int32)[raw]
    if RAW in features:
        raw = image_files.read_raw_mask("raw map", features[RAW][0])
    return semantic, raw


def _masked_crc(data: bytes) -> bytes:
    """TFRecord's rotated CRC-32C, so that a checksum of data that holds checksums stays useful."""
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def panoptic(
    example: dataset.Example, info: dataset.DatasetInfo
) -> tuple[np.ndarray, dict[int, dataset.Object | None]]:
    """The panoptic truth of an example.

    Returns:
      int32 [H, W], semantic * label_divisor + instance, and {its ids: the Object, or None for stuff}; an id that is
      not in the dict is void (void semantic, or a thing's pixel that belongs to no instance).
    """
    semantic = example.semantic.astype(np.int32)
    instance = np.zeros_like(semantic) if example.instance is None else example.instance
    # Instance ids are unique in the image; in a category they are counted anew, so that they stay below the divisor.
    ids: dict[int, dataset.Object | None] = {}
    ranks = np.zeros(int(instance.max()) + 1, np.int32)
    counts: dict[int, int] = {}
    for thing in example.objects:
        if thing.instance:
            counts[thing.category] = counts.get(thing.category, 0) + 1
            ranks[thing.instance] = counts[thing.category]
            ids[thing.category * info.label_divisor + counts[thing.category]] = thing
    over = {info.names[category]: n for category, n in counts.items() if n >= info.label_divisor}
    if over:
        raise errors.DataError(f"{example.key}: more than {info.label_divisor - 1} instances in one image: {over}.")
    combined = np.where(semantic == info.void, dataset.VOID_16, semantic * info.label_divisor + ranks[instance])
    for category in np.flatnonzero(np.bincount(semantic.ravel())):
        if category != info.void and not info.categories[category].is_thing:
            ids[int(category) * info.label_divisor] = None
    return combined.astype(np.int32), ids
