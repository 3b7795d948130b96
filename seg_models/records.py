"""THE record: its keys, Example -> bytes -> Example, and TFRecord files, all without TensorFlow.

Keys that the TensorFlow Object Detection API or Model Garden decoders read keep their names. What those cannot express
has keys of its own: `image/instance/encoded` (16 bits), `image/object/{instance,amodal_mask,depth}`.
"""

import functools
import struct
from collections.abc import Iterator
from typing import BinaryIO

import google_crc32c
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from seg_models import dataset, errors, image_files

IMAGE = "image/encoded"
FORMAT = "image/format"
HEIGHT = "image/height"
WIDTH = "image/width"
KEY = "image/source_id"
SEMANTIC = "image/segmentation/class/encoded"
SEMANTIC_FORMAT = "image/segmentation/class/format"
CATEGORY_MASK = "image/panoptic/category_mask"
INSTANCE_MASK = "image/panoptic/instance_mask"
INSTANCE = "image/instance/encoded"
OBJECT_LABEL = "image/object/class/label"
OBJECT_CROWD = "image/object/is_crowd"
OBJECT_AREA = "image/object/area"
OBJECT_BOX = tuple(f"image/object/bbox/{side}" for side in ("ymin", "xmin", "ymax", "xmax"))
OBJECT_MASK = "image/object/mask"
OBJECT_INSTANCE = "image/object/instance"
OBJECT_AMODAL = "image/object/amodal_mask"
OBJECT_DEPTH = "image/object/depth"

KINDS = ("bytes", "float", "int64")

Value = bytes | list[bytes] | list[int] | list[float]


def encode(example: dataset.Example) -> bytes:
    """Serialises an Example as tf.train.Example; same Example, same bytes."""
    features: dict[str, Value] = {
        IMAGE: example.image_bytes,
        FORMAT: example.image_format.encode(),
        HEIGHT: [example.height],
        WIDTH: [example.width],
        KEY: example.key.encode(),
    }
    if example.semantic is not None:
        features[SEMANTIC] = image_files.encode_png(example.semantic)
        features[SEMANTIC_FORMAT] = b"png"
    if example.instance is not None:
        features[INSTANCE] = image_files.encode_png(example.instance.astype(np.uint16))
        if example.semantic is not None and example.semantic.dtype == np.uint8 and example.instance.max() < 256:
            features[CATEGORY_MASK] = features[SEMANTIC]
            features[INSTANCE_MASK] = image_files.encode_png(example.instance.astype(np.uint8))
        features.update(_object_features(example))
    return _serialised(features)


def decode(record: bytes) -> dataset.Example:
    """The Example in a record, without its raw histogram, which only conversion knows."""
    features = _parsed(record)

    def png(key: str) -> np.ndarray | None:
        return image_files.decode(features[key][0]) if key in features else None

    semantic, instance = png(SEMANTIC), png(INSTANCE)
    if semantic is not None and semantic.dtype != np.uint8:
        semantic = semantic.astype(np.uint16)
    return dataset.Example(
        key=features[KEY][0].decode(),
        image_bytes=features[IMAGE][0],
        image_format=features[FORMAT][0].decode(),
        height=features[HEIGHT][0],
        width=features[WIDTH][0],
        semantic=semantic,
        instance=None if instance is None else instance.astype(np.int32),
        objects=tuple(_objects(features)),
    )


def write(file: BinaryIO, record: bytes) -> None:
    """Appends one record to an open TFRecord file."""
    length = struct.pack("<Q", len(record))
    file.write(length + _masked_crc(length) + record + _masked_crc(record))


def read(file: BinaryIO, name: str = "records") -> Iterator[bytes]:
    """The records of an open TFRecord file.

    Raises:
      DataError: the file is truncated or a checksum is wrong; names it and the record.
    """
    index = 0
    while header := file.read(12):
        length = struct.unpack("<Q", header[:8])[0] if len(header) == 12 else 0
        record, checksum = file.read(length), file.read(4)
        intact = len(header) == 12 and header[8:] == _masked_crc(header[:8]) and checksum == _masked_crc(record)
        if not intact:
            raise errors.DataError(f"{name}: record {index} is truncated or corrupt. Convert the data set again.")
        yield record
        index += 1


def _object_features(example: dataset.Example) -> dict[str, Value]:
    """The parallel lists of objects: visible boxes (fractions of the image), areas, masks and what else is annotated."""
    objects = example.objects
    masks = [example.instance == thing.instance if thing.instance else np.zeros_like(example.instance, bool) for thing in objects]
    boxes = np.array([_box(mask) for mask in masks], np.float64).reshape(-1, 4)
    features: dict[str, Value] = {
        OBJECT_LABEL: [thing.category for thing in objects],
        OBJECT_CROWD: [int(thing.is_crowd) for thing in objects],
        OBJECT_INSTANCE: [thing.instance for thing in objects],
        OBJECT_AREA: [float(mask.sum()) for mask in masks],
        OBJECT_MASK: [_mask_png(mask) for mask in masks],
    }
    for key, side in zip(OBJECT_BOX, (boxes / ([example.height, example.width] * 2)).T):
        features[key] = side.tolist()
    if any(thing.amodal is not None for thing in objects):
        features[OBJECT_AMODAL] = [b"" if thing.amodal is None else _mask_png(thing.amodal) for thing in objects]
    if any(thing.depth is not None for thing in objects):
        features[OBJECT_DEPTH] = [-1 if thing.depth is None else thing.depth for thing in objects]
    return features


def _objects(features: dict[str, list]) -> Iterator[dataset.Object]:
    labels = features.get(OBJECT_LABEL, [])
    amodal = features.get(OBJECT_AMODAL, [b""] * len(labels))
    depths = features.get(OBJECT_DEPTH, [-1] * len(labels))
    for index, category in enumerate(labels):
        yield dataset.Object(
            category=category,
            instance=features[OBJECT_INSTANCE][index],
            is_crowd=bool(features[OBJECT_CROWD][index]),
            amodal=image_files.decode(amodal[index]).astype(bool) if amodal[index] else None,
            depth=depths[index] if depths[index] >= 0 else None,
        )


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """(ymin, xmin, ymax, xmax) in pixels of bool [H, W], far sides exclusive; zeros where it is empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return 0, 0, 0, 0
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


def _mask_png(mask: np.ndarray) -> bytes:
    return image_files.encode_png(mask.astype(np.uint8))


def _masked_crc(data: bytes) -> bytes:
    """TFRecord's rotated CRC-32C, so that a checksum of data that holds checksums stays useful."""
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@functools.cache
def _example_class() -> type[message.Message]:
    """tf.train.Example built from its published schema, so that conversion workers need no TensorFlow."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="tensorflow", syntax="proto3")

    def add(name: str, *fields: tuple[str, int, int, str | None]) -> descriptor_pb2.DescriptorProto:
        described = file.message_type.add(name=name)
        for number, (field_name, label, kind, type_name) in enumerate(fields, 1):
            described.field.add(name=field_name, number=number, label=label, type=kind, type_name=type_name)
        return described

    many, one = field.LABEL_REPEATED, field.LABEL_OPTIONAL
    add("BytesList", ("value", many, field.TYPE_BYTES, None))
    add("FloatList", ("value", many, field.TYPE_FLOAT, None))
    add("Int64List", ("value", many, field.TYPE_INT64, None))
    feature = add("Feature", *((f"{kind}_list", one, field.TYPE_MESSAGE, f".tensorflow.{kind.capitalize()}List") for kind in KINDS))
    feature.oneof_decl.add(name="kind")
    for listed in feature.field:
        listed.oneof_index = 0
    features = add("Features", ("feature", many, field.TYPE_MESSAGE, ".tensorflow.Features.FeatureEntry"))
    entry = features.nested_type.add(name="FeatureEntry")
    entry.field.add(name="key", number=1, label=one, type=field.TYPE_STRING)
    entry.field.add(name="value", number=2, label=one, type=field.TYPE_MESSAGE, type_name=".tensorflow.Feature")
    entry.options.map_entry = True
    add("Example", ("features", one, field.TYPE_MESSAGE, ".tensorflow.Features"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("tensorflow.Example"))


def _serialised(features: dict[str, Value]) -> bytes:
    example = _example_class()()
    for key, value in features.items():
        values = [value] if isinstance(value, bytes) else list(value)
        feature = example.features.feature[key]
        if not values:
            feature.SetInParent()
        elif isinstance(values[0], bytes):
            feature.bytes_list.value.extend(values)
        elif isinstance(values[0], float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(int(value) for value in values)
    return example.SerializeToString(deterministic=True)


def _parsed(record: bytes) -> dict[str, list]:
    example = _example_class().FromString(record)
    parsed = {}
    for key, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        parsed[key] = list(getattr(feature, kind).value) if kind else []
    return parsed


def panoptic(example: dataset.Example, info: dataset.DatasetInfo) -> tuple[np.ndarray, dict[int, dataset.Object | None]]:
    """The panoptic truth of an example.

    Returns:
      int32 [H, W], semantic * label_divisor + instance, and {its ids: the Object, or None for stuff}; an id that is
      not in the dict is void (void semantic, or a thing's pixel that belongs to no instance).
    """
    semantic = example.semantic.astype(np.int32)
    instance = np.zeros_like(semantic) if example.instance is None else example.instance
    # Instance ids are unique in the image; within a category they are counted anew, so that they stay below the divisor.
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

