"""Which classes are the objects where a data set does not say so. Numpy only."""

from seg_models import dataset, errors


def ids(info: dataset.DatasetInfo, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    """Train ids of the named classes; without names, of the things; where there are none, of all classes but the first.

    Raises:
      UserError: a name is no class, or nothing is left.
    """
    unknown = sorted(set(names) - set(info.names))
    if unknown:
        raise errors.UserError(f"`{unknown[0]}` is no class of {info.name}; expected some of {', '.join(info.names)}.")
    chosen = tuple(info.names.index(name) for name in names) or info.thing_ids or tuple(range(1, info.num_categories))
    if not chosen:
        raise errors.UserError(f"{info.name} has a single class, which is no thing; name what its objects are.")
    return chosen
