"""tf.train.Example without TensorFlow: features -> bytes -> features."""

import functools

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

KINDS = ("bytes", "float", "int64")

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


def parsed(record: bytes) -> dict[str, list]:
    example = _example_class().FromString(record)
    parsed = {}
    for key, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        parsed[key] = list(getattr(feature, kind).value) if kind else []
    return parsed
