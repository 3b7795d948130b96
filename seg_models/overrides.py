"""Fields of settings set by their dotted names, as on the command line: `train.steps=200`, `model=unet`."""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Any

from seg_models import errors, registry


def apply(value: Any, overrides: Mapping[str, str]) -> Any:
    """A copy of a dataclass with fields replaced.

    Args:
      value: an Experiment or one of its sections.
      overrides: dotted field name -> text, such as {"train.steps": "200", "model": "unet", "input.size": "180,240"}.

    Raises:
      UserError: no such field (names the nearest), or the text is no value of the field's type.
    """
    for name, text in overrides.items():
        value = _replaced(value, name.split("."), text, name)
    return value


def fields(value: Any, prefix: str = "") -> dict[str, Any]:
    """Every field that `apply` can reach: dotted name -> value."""
    found = {}
    for field in dataclasses.fields(value):
        inner = getattr(value, field.name)
        if dataclasses.is_dataclass(inner):
            found.update(fields(inner, f"{prefix}{field.name}."))
        else:
            found[prefix + field.name] = inner
    return found


def _replaced(value: Any, path: list[str], text: str, name: str) -> Any:
    known = {field.name: field for field in dataclasses.fields(value)}
    if path[0] not in known:
        raise errors.UserError(registry.unknown(f"the fields of {type(value).__name__} (`{name}`)", path[0], known))
    field, inner = known[path[0]], getattr(value, path[0])
    if len(path) > 1:
        new = _replaced(_section(value, path[0], name), path[1:], text, name)
    elif "package" in field.metadata:
        new = _part(field.metadata["package"], text, many=isinstance(inner, tuple))
    elif dataclasses.is_dataclass(inner):
        raise errors.UserError(f"`{name}` is a section; set one of its fields: {', '.join(fields(inner, name + '.'))}.")
    else:
        new = _parsed(text, typing.get_type_hints(type(value))[path[0]], name)
    return dataclasses.replace(value, **{path[0]: new})


def _section(value: Any, field: str, name: str) -> Any:
    """The dataclass in a field; its defaults where it may be None and is."""
    inner = getattr(value, field)
    if inner is None:
        options = typing.get_args(typing.get_type_hints(type(value))[field])
        inner = next((option() for option in options if dataclasses.is_dataclass(option)), None)
    if not dataclasses.is_dataclass(inner):
        raise errors.UserError(f"`{name}`: `{field}` has no fields of its own.")
    return inner


def _part(package: str, text: str, many: bool) -> Any:
    """The Config of the named module, or None; comma-separated names where the field holds several."""
    if many:
        return tuple(registry.config(package, part.strip()) for part in text.split(",") if part.strip())
    return None if text.lower() == "none" else registry.config(package, text)


def _parsed(text: str, kind: Any, name: str) -> Any:
    """The value that `text` stands for in a field of type `kind`."""
    options = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if type(None) in options and text.lower() in ("none", "null"):
        return None
    kind = next(option for option in options if option is not type(None))
    if kind is str:
        return text
    if kind is bool and not text:
        return True  # an option without a value switches on
    try:
        return _checked(json.loads(_as_json(text, kind)), kind)
    except (ValueError, TypeError):
        shown = kind if typing.get_origin(kind) else kind.__name__
        raise errors.UserError(f"`{name}`: `{text}` is no {shown}.") from None


def _as_json(text: str, kind: Any) -> str:
    """JSON of what people type: `True`; a tuple as `180,240`, `one,two` or, of pairs, `mean_iou=0.5,pq=0.3`, `eval=test`."""
    if kind is bool:
        return text.lower()
    if typing.get_origin(kind) is not tuple or text.startswith("["):
        return text
    parts = [part.strip() for part in text.split(",") if part.strip()]
    first = typing.get_args(kind)[0]
    if first is str:
        return json.dumps(parts)
    if typing.get_origin(first) is tuple:
        pairs = [part.partition("=") for part in parts]
        if not all(equals for _, equals, _ in pairs):
            raise ValueError
        read = str.strip if typing.get_args(first)[1] is str else json.loads
        return json.dumps([[key.strip(), read(value)] for key, _, value in pairs])
    return f"[{text}]"


def _checked(value: Any, kind: Any) -> Any:
    """`value` as `kind`, or TypeError: a number is no bool, 1.5 is no int, a tuple has its length."""
    if typing.get_origin(kind) is tuple:
        kinds = typing.get_args(kind)
        kinds = kinds[:1] * len(value) if kinds[1:] == (...,) else kinds
        if len(value) != len(kinds):
            raise TypeError
        return tuple(_checked(inner, inner_kind) for inner, inner_kind in zip(value, kinds))
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError
    return value
