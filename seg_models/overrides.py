"""Fields of settings set by their dotted names, as on the command line: `train.steps=200`, `model=unet`."""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Any

from seg_models import errors, registry


def apply(value: Any, overrides: Mapping[str, str]) -> Any:
    """A copy of a dataclass with fields replaced, all at once: what fits only together may be set together.

    Args:
      value: an Experiment or one of its sections.
      overrides: dotted field name -> text, such as {"train.steps": "200", "model": "unet", "input.size": "180,240"}.

    Raises:
      UserError: no such field (names the nearest), or the text is no value of the field's type.
    """
    return _applied(value, {tuple(name.split(".")): text for name, text in overrides.items()}, "")


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


def _applied(value: Any, texts: Mapping[tuple[str, ...], str], prefix: str) -> Any:
    """`value`, which `prefix` leads to, with the fields at the ends of paths such as ("train", "steps") replaced."""
    new = {}
    for field in dict.fromkeys(path[0] for path in texts):
        of_field = {path[1:]: text for path, text in texts.items() if path[0] == field}
        new[field] = _replaced(value, field, of_field, prefix)
    return dataclasses.replace(value, **new)


def _replaced(value: Any, field: str, texts: Mapping[tuple[str, ...], str], prefix: str) -> Any:
    """What a field is to hold: what is named at the empty path, then its own fields."""
    name = ".".join([prefix + field, *next(iter(texts))])
    known = {each.name: each for each in dataclasses.fields(value)}
    if field not in known:
        raise errors.UserError(registry.unknown(f"the fields of {type(value).__name__} (`{name}`)", field, known))
    inner, kind = getattr(value, field), typing.get_type_hints(type(value))[field]
    if () in texts:
        inner = _named(inner, known[field].metadata.get("package"), kind, texts[()], prefix + field)
    own = {path: text for path, text in texts.items() if path}
    return _applied(_section(inner, kind, prefix + field, name), own, f"{prefix}{field}.") if own else inner


def _named(inner: Any, package: str | None, kind: Any, text: str, name: str) -> Any:
    """What `text` stands for in a field that holds `inner` so far."""
    if package:
        return _part(package, text, many=isinstance(inner, tuple))
    if dataclasses.is_dataclass(inner):
        raise errors.UserError(f"`{name}` is a section; set one of its fields: {', '.join(fields(inner, name + '.'))}.")
    return _parsed(text, kind, name)


def _section(inner: Any, kind: Any, place: str, name: str) -> Any:
    """The dataclass in a field; its defaults where it may be None and is."""
    if inner is None:
        inner = next((option() for option in typing.get_args(kind) if dataclasses.is_dataclass(option)), None)
    if not dataclasses.is_dataclass(inner):
        raise errors.UserError(f"`{name}`: `{place}` has no fields of its own.")
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
    """JSON of what people type: `True`; a tuple: `180,240`, `one,two` or, of pairs, `mean_iou=0.5,pq=0.3`."""
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
