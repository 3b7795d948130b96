"""The page of all data sets, from what each says of itself; `python -m tests.dataset_table` writes it."""

import dataclasses
import tempfile
from pathlib import Path
from types import ModuleType

from pipeline import docstrings
from seg_models import dataset, errors, registry
from tests import conftest

PACKAGE = "seg_models.datasets"
TREES = "tests.raw_trees"
PAGE = conftest.ROOT / "seg_models" / "datasets" / "README.md"
HEAD = """\
# Data sets

Each is one file of this folder, and each converts from the official download, in folders or in zip files as they come:

    segline verify NAME --data_dir DIR                              # looks at every image and label; changes nothing
    segline convert NAME --data_dir DIR --output_dir records/NAME
    segline verify --records records/NAME --data_dir DIR            # compares with the source, value by value
    segline browse --records records/NAME --output_dir pages/NAME   # overlays, class balance, sizes, findings

`segline convert NAME --show` lists the fields of a data set, such as `classes` or `year`; each is an option. Nothing is
downloaded. A zip file within a zip file, and .mat files of version 7.3 (HDF5), must be unpacked first; `labelme` takes a
zip file as `--data_dir`, not a folder with one in it. Most sets need a registration or the acceptance of terms. Counts
are those published; another number of images is a warning. The last column says what the tests convert: always a tree
in the published layout that they make; where they can be had, real images, or a tiny sample of the layout.

"""
COLUMNS = ("data set", "what it is", "tasks", "splits", "licence", "command", "tested on")


def page() -> str:
    """The whole page."""
    rows = [_row(name) for name in registry.available(PACKAGE)]
    lines = ["| " + " | ".join(row) + " |" for row in (COLUMNS, ("---",) * len(COLUMNS), *rows)]
    return HEAD + "\n".join(lines) + "\n"


def _row(name: str) -> tuple[str, ...]:
    tree = registry.find(TREES, name) if name in registry.available(TREES) else None
    info = _info(name, tree)
    counts = dict(info.expected_counts)
    splits = ", ".join(f"{split} {counts[split]:,}" if split in counts else split for split in info.splits)
    what = docstrings.first_lines(PACKAGE)[name].rstrip(".")
    raw = f"{name} --data_dir DIR" if tree else name
    command = f"`segline convert {raw} --output_dir records/{name}`".replace("convert tfds", "convert tfds:NAME")
    cells = (f"`{name}`", what, ", ".join(info.tasks), splits, info.licence or "yours", command, _tested_on(tree))
    return tuple(cell.replace("|", "\\|") for cell in cells)


def _info(name: str, tree: ModuleType | None) -> dataset.DatasetInfo:
    """What a data set says of itself; where it must see files, of its made tree."""
    module = registry.find(PACKAGE, name)
    if hasattr(module, "INFO"):
        return module.INFO
    try:
        return module.info(module.Config())
    except errors.UserError:
        pass
    with tempfile.TemporaryDirectory() as folder:
        fields = {**getattr(tree, "FIELDS", {}), "data_dir": str(tree.make(Path(folder) / "raw"))}
        info = module.info(dataclasses.replace(module.Config(), **fields))
    # What is read with `tfds` is what the user names; the made tree is but one.
    return dataclasses.replace(info, expected_counts=(), licence="the builder's") if name == "tfds" else info


def _tested_on(tree: ModuleType | None) -> str:
    if tree is None:
        return "itself"
    if not hasattr(tree, "REAL"):
        return "a made tree"
    sample = tree.REAL["data_dir"].startswith("layout_fixtures")
    return "a made tree, a sample of the layout" if sample else "a made tree, real images"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
