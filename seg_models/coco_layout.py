"""Where a COCO JSON of the user's own and its images lie: as exporters lay them out, or as the user says."""

import itertools
from pathlib import Path, PurePosixPath

from seg_models import errors, json_stream, raw_files

# Split -> what exporters call it.
SPLITS = {"train": ("train", "training"), "eval": ("val", "valid", "validation", "eval"), "test": ("test",)}
YEARS = ("2017", "2014", "")
# Of an export that is not split: CVAT, Roboflow, Supervisely, labelme, Label Studio, FiftyOne.
WHOLE = (
    "annotations/instances_default.json",
    "_annotations.coco.json",
    "annotations/instances.json",
    "annotations.json",
    "result.json",
    "labels.json",
)
PEEKED = 20


def annotations(root: Path, kind: str) -> dict[str, Path]:
    """Split -> its JSON; a JSON of a set that is not split is that of "train".

    Args:
      root: the folder to look in.
      kind: what the names of the files begin with: "instances" or "panoptic".
    """
    found = {}
    for split, names in SPLITS.items():
        plain = [f"{kind}_{name}{year}.json" for year in YEARS for name in names]
        candidates = [f"annotations/{name}" for name in plain] + plain
        for name in names:
            candidates += [f"{name}/_annotations.coco.json", f"annotations/{name}.json", f"{name}.json"]
            candidates += [f"{name}/annotations/{kind}.json", f"{name}/annotations.json"]
        path = raw_files.place(root, *candidates)
        if path:
            found[split] = path
    if "train" not in found:
        path = raw_files.place(root, *WHOLE) or _only(root)
        if path:
            found = {"train": path}
    return found


def images(root: Path, path: Path) -> Path:
    """The folder of the images that a JSON names: the one that has most of the first few.

    Raises:
      UserError: none has any.
    """
    names = list(itertools.islice(_file_names(path), PEEKED))
    here, split = path.parent, path.stem.rsplit("_", 1)[-1]
    candidates = [
        raw_files.place(root, split),
        raw_files.place(root, f"images/{split}"),
        here,
        here / "images",
        here.parent / "images",
        here.parent / "img",
        raw_files.place(root, "images"),
        raw_files.place(root, "data"),
        root,
    ]
    folders = list(dict.fromkeys(folder for folder in candidates if folder and raw_files.is_folder(folder)))
    counts = [sum(raw_files.exists(raw_files.inside(folder, name)) for name in names) for folder in folders]
    if not any(counts):
        looked = ", ".join(map(str, folders))
        example = f", such as {names[0]}," if names else ""
        raise errors.UserError(
            f"{path}: the images that it names{example} are not in any of {looked}. Say where: `images` is their folder."
        )
    return folders[counts.index(max(counts))]


def given(root: Path, name: str, what: str) -> Path:
    """A file or folder that the user names, relative to the data or absolute."""
    path = root / Path(name).expanduser()
    if raw_files.exists(path) or raw_files.is_folder(path):
        return path
    placed = raw_files.place(root, name) if ".." not in PurePosixPath(name).parts else None
    if not placed:
        raise errors.UserError(f"`{what}` is {name}: there is no {path}.")
    return placed


def _only(root: Path) -> Path | None:
    """The JSON of a folder that has one."""
    for folder in (root, root / "annotations"):
        found = [name for name in raw_files.names(folder) if name.lower().endswith(".json")]
        if len(found) == 1:
            return folder / found[0]
    return None


def _file_names(path: Path) -> list[str]:
    for entry in json_stream.elements(path, "images"):
        if isinstance(entry, dict) and isinstance(entry.get("file_name"), str):
            yield entry["file_name"]
