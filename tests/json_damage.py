"""JSON with one thing wrong in it: a key that is missing, a value of another kind, an entry twice."""

import copy
from collections.abc import Iterator

# In place of any value: none, of other kinds, and a number that is not to be believed.
WRONG = (None, [], {}, "x", -1, 10**12, 1.5)


def damages(content: object) -> Iterator[tuple[str, object]]:
    """(what was done, the damaged content) for every kind of place; of a list the first entry stands for all."""
    for keys in _places(content, ()):
        name = "/".join(map(str, keys))
        for wrong in WRONG:
            damaged = copy.deepcopy(content)
            parent = value_at(damaged, keys[:-1])
            if type(parent[keys[-1]]) is not type(wrong) or parent[keys[-1]] != wrong:
                parent[keys[-1]] = wrong
                yield f"{name} = {wrong}", damaged
        damaged = copy.deepcopy(content)
        parent = value_at(damaged, keys[:-1])
        if isinstance(parent, dict):
            del parent[keys[-1]]
            yield f"{name} missing", damaged
        else:
            parent.append(parent[keys[-1]])
            yield f"{name} twice", damaged


def texts(content: object) -> Iterator[tuple[object, ...]]:
    """The places of the strings that look like file names."""
    for keys in _places(content, ()):
        value = value_at(content, keys)
        if isinstance(value, str) and "." in value and " " not in value:
            yield keys


def replaced(content: object, keys: tuple[object, ...], value: object) -> object:
    """The content with another value in one place."""
    damaged = copy.deepcopy(content)
    value_at(damaged, keys[:-1])[keys[-1]] = value
    return damaged


def value_at(value: object, keys: tuple[object, ...]) -> object:
    """What stands in a place."""
    for key in keys:
        value = value[key]
    return value


def _places(value: object, above: tuple[object, ...]) -> Iterator[tuple[object, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, below in entries:
        yield (*above, key)
        yield from _places(below, (*above, key))
