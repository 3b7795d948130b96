"""Scores as one dictionary: the results of several metrics merged, written as JSON, looked up by dotted key."""

import difflib
import json
import math
from collections.abc import Iterable, Mapping

from seg_models import errors, registry

PER_CLASS = "per_class"

Scores = dict[str, object]


def merge(results: Iterable[Mapping[str, object]]) -> Scores:
    """One dictionary of all results; `per_class` is merged by class name.

    Raises:
      ValueError: two results give the same score.
    """
    merged: Scores = {}
    for result in results:
        _merge_into(merged, result, "")
    return merged


def to_json(scores: Mapping[str, object]) -> str:
    """JSON with sorted keys, numbers in full precision, null where a score is undefined (NaN)."""
    return json.dumps(_plain(scores), sort_keys=True, indent=2, allow_nan=False)


def from_json(text: str) -> Scores:
    """The scores that `to_json` wrote: null is NaN again."""
    return _undefined_restored(json.loads(text))


def lookup(scores: Mapping[str, object], key: str) -> float:
    """The score under a dotted key, such as "mean_iou", "things.pq" or "per_class.road.iou".

    Raises:
      UserError: there is none; names the nearest spelling.
    """
    known = flatten(scores)
    if key in known:
        return known[key]
    inside = [name for name in known if name.startswith(f"{key}.")]
    if inside:
        raise errors.UserError(f"`{key}` holds several scores; name one: {_listed(inside)}.")
    # A hundred classes make a thousand keys: only where the key is about a class are those worth showing.
    about_class = key.startswith(PER_CLASS)
    candidates = [name for name in known if name.startswith(f"{PER_CLASS}.") == about_class]
    if not about_class:
        raise errors.UserError(registry.unknown("scores", key, candidates))
    nearest = difflib.get_close_matches(key, candidates, n=8, cutoff=0.0)
    raise errors.UserError(f"No `{key}` among scores." + (f" Did you mean {_listed(nearest)}?" if nearest else ""))


def flatten(scores: Mapping[str, object], prefix: str = "") -> dict[str, float]:
    """Every number under its dotted key; texts are left out."""
    flat: dict[str, float] = {}
    for name, value in scores.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{name}."))
        elif not isinstance(value, str):
            flat[prefix + name] = value
    return flat


def _merge_into(merged: Scores, result: Mapping[str, object], prefix: str) -> None:
    for name, value in result.items():
        if isinstance(value, Mapping):
            _merge_into(merged.setdefault(name, {}), value, f"{prefix}{name}.")
        elif name in merged:
            raise ValueError(f"two metrics give the score `{prefix}{name}`.")
        else:
            merged[name] = value


def _plain(value: object) -> object:
    """The same with NaN as None and numpy's numbers as Python's."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, bool | int):
        return value
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and math.isnan(number) else number


def _undefined_restored(value: object) -> object:
    if isinstance(value, dict):
        return {name: _undefined_restored(inner) for name, inner in value.items()}
    return math.nan if value is None else value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
