"""The eval split of a data set that is published without one: chosen by a hash of each key."""

import hashlib
from collections.abc import Iterable, Iterator

from seg_models import dataset, errors


def check(fraction: float) -> None:
    """Raises UserError where `eval_fraction` is none."""
    if not 0 < fraction < 1:
        raise errors.UserError(f"`eval_fraction` is {fraction}; expected a number between 0 and 1.")


def chosen(keys: Iterable[str], fraction: float) -> set[str]:
    """The keys of the eval split; an image stays in its split when others are added.

    Args:
      keys: of all items.
      fraction: of them that are held out; never none or all where there are two or more.
    """
    check(fraction)
    ranks = {key: int(hashlib.sha256(key.encode()).hexdigest()[:12], 16) / 16**12 for key in keys}
    low = sum(rank < fraction for rank in ranks.values())
    ordered = sorted(ranks, key=lambda key: ranks[key])
    return set(ordered[: min(max(low, 1), len(ordered) - 1)]) if len(ordered) > 1 else set()


def part(items: Iterable[dataset.Item], split: str, fraction: float) -> Iterator[dataset.Item]:
    """The items of "eval", which are held out, or those of "train", the others, in their order."""
    items = list(items)
    held_out = chosen((item.key for item in items), fraction)
    return (item for item in items if split == ("eval" if item.key in held_out else "train"))
