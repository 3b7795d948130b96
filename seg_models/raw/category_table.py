"""The classes of published data sets: tables in seg_models/raw/category_tables, one CSV a data set.

Columns: `raw` (the values in the raw maps, separated by blanks), `name` (`-` is void), `thing` (0 or 1),
`color` (`red green blue`; empty: a colour of our own). The order of the rows is that of the train ids.
"""

import csv
import functools
import io
from importlib import resources
from typing import NamedTuple

from seg_models import dataset

VOID_NAME = "-"


class Table(NamedTuple):
    """The fields of a DatasetInfo that a table gives."""

    categories: tuple[dataset.Category, ...]
    raw_values: tuple[tuple[int, int | None], ...]


@functools.cache
def read(name: str) -> Table:
    """The table `name`.csv."""
    text = resources.files("seg_models.raw").joinpath("category_tables", f"{name}.csv").read_text(encoding="utf-8")
    categories: list[dataset.Category] = []
    raw_values: list[tuple[int, int | None]] = []
    for row in csv.DictReader(io.StringIO(text)):
        train_id = None if row["name"] == VOID_NAME else len(categories)
        raw_values += [(int(value), train_id) for value in row["raw"].split()]
        if train_id is not None:
            color = tuple(int(part) for part in row["color"].split()) or dataset.palette_color(train_id)
            categories.append(dataset.Category(row["name"], color, row["thing"] == "1"))
    return Table(tuple(categories), tuple(sorted(raw_values, key=lambda listed: listed[0])))
