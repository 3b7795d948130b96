"""tf.train.Example without TensorFlow: features -> bytes -> features."""

import functools
import struct
from collections.abc import Sequence

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

KINDS = ("bytes", "float", "int64")
# Of protobuf's wire format: the type of fields with a length, and numbers of one byte.
LENGTH_DELIMITED = 2
SMALL = [bytes([value]) for value in range(128)]
MASK_64 = (1 << 64) - 1

Value = bytes | list[bytes] | list[int] | list[float]


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
    lists = ((f"{kind}_list", f".tensorflow.{kind.capitalize()}List") for kind in KINDS)
    feature = add("Feature", *((name, one, field.TYPE_MESSAGE, type_name) for name, type_name in lists))
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


def serialised(features: dict[str, Value]) -> bytes:
    """The message with these features in the order of their keys; equal features give equal bytes.

    Written here and not by protobuf, which would copy an image twice on the way.
    """
    parts: list[bytes] = []
    for key in sorted(features):
        value = features[key]
        content = _list([value] if isinstance(value, bytes) else value)
        name = key.encode()
        # An entry of the map: field 1 the key, field 2 the Feature.
        entry = [_head(1, len(name)), name, _head(2, _size(content)), *content]
        parts += [_head(1, _size(entry)), *entry]
    return b"".join([_head(1, _size(parts)), *parts])


def parsed(record: bytes) -> dict[str, list]:
    example = _example_class().FromString(record)
    parsed = {}
    for key, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        parsed[key] = list(getattr(feature, kind).value) if kind else []
    return parsed


def _list(values: Sequence[bytes] | Sequence[int] | Sequence[float]) -> list[bytes]:
    """A Feature: its one field is the list of the values' kind, whose field 1 they are; empty without values."""
    if not len(values):
        return []
    if isinstance(values[0], bytes):
        number, content = 1, [part for value in values for part in (_head(1, len(value)), value)]
    elif isinstance(values[0], float):
        packed = struct.pack(f"<{len(values)}f", *values)
        number, content = 2, [_head(1, len(packed)), packed]
    else:
        packed = b"".join(_varint(int(value) & MASK_64) for value in values)
        number, content = 3, [_head(1, len(packed)), packed]
    return [_head(number, _size(content)), *content]


def _head(number: int, size: int) -> bytes:
    """What precedes a field of so many bytes."""
    return _varint(number << 3 | LENGTH_DELIMITED) + _varint(size)


def _varint(value: int) -> bytes:
    """A number in groups of seven bits, the lowest first."""
    if value < 0x80:
        return SMALL[value]
    groups = bytearray()
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def _size(parts: list[bytes]) -> int:
    return sum(map(len, parts))
