"""Where a COCO JSON of the user's own and its images lie: as exporters lay them out, or as the user says."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

from seg_models import dataset, errors, raw_files
from seg_models.raw import hold_out, json_stream

# Split -> what exporters call it.
SPLITS = {"train": ("train", "training"), "eval": ("val", "valid", "validation", "eval"), "test": ("test",)}
YEARS = ("2017", "2014", "")
# Of an export that is not split: Roboflow, labelme, Label Studio, FiftyOne; of CVAT and Supervisely below.
WHOLE = ("_annotations.coco.json", "annotations.json", "result.json", "labels.json")
PEEKED = 20


class Settings(Protocol):
    """The fields of a Config that say where JSON files and images lie and how they are split."""

    data_dir: str
    annotations: str
    images: str
    eval_annotations: str
    eval_images: str
    eval_fraction: float


def files(config: Settings, name: str, kind: str) -> dict[str, Path]:
    """Split -> its JSON, as the settings say or as it is found; a JSON that is not split is that of "train".

    Args:
      config: of data set `name`.
      name: for errors.
      kind: what the names of the files begin with: "instances" or "panoptic".

    Raises:
      UserError: there is none for "train", or not the one that is named.
    """
    root = raw_files.root(config.data_dir, name)
    if config.annotations:
        found = {"train": _given(root, config.annotations, "annotations")}
        if config.eval_annotations:
            found["eval"] = _given(root, config.eval_annotations, "eval_annotations")
        return found
    found = _sniffed(root, kind)
    if "train" not in found:
        raise errors.UserError(
            f"{root}: no {'panoptic ' if kind == 'panoptic' else ''}COCO JSON found; expected such as "
            f"annotations/{kind}_train2017.json, annotations/{kind}_train.json, train/_annotations.coco.json or "
            f"annotations/{kind}_default.json. Say where: `annotations` is the JSON, `images` the folder of its images."
        )
    return found


def split_items(
    config: Settings, split: str, found: Mapping[str, Path], listed: Callable[[str, Path], list[dataset.Item]]
) -> Iterator[dataset.Item]:
    """The items of a split; where "eval" has no JSON, a part of "train" is held out for it.

    Args:
      config: says how large a part.
      split: "train", "eval" or "test".
      found: as `files` gives it.
      listed: the items of a split with its JSON.
    """
    if split == "test" or "eval" in found:
        yield from listed(split, found[split]) if split in found else ()
        return
    yield from hold_out.part(listed("train", found["train"]), split, config.eval_fraction)


def told(config: Settings, name: str, found: Mapping[str, Path]) -> str:
    """What was found, for people."""
    places = [f"{split}: {path}, images in {images(config, name, split, path)}" for split, path in found.items()]
    return "; ".join(places) + ("" if "eval" in found else f"; eval: {config.eval_fraction:.0%} of train")


def _sniffed(root: Path, kind: str) -> dict[str, Path]:
    """Split -> its JSON, by the names that exporters give."""
    found = {}
    for split, names in SPLITS.items():
        plain = [f"{kind}_{name}{year}.json" for year in YEARS for name in names]
        candidates = [f"annotations/{name}" for name in plain] + plain
        for name in names:
            candidates += [f"{name}/_annotations.coco.json", f"annotations/{name}.json", f"{name}.json"]
            candidates += [f"{name}/annotations/{kind}.json", f"{name}/annotations.json", f"{name}/labels.json"]
        path = raw_files.place(root, *candidates)
        if path:
            found[split] = path
    if "train" not in found:
        whole = (f"annotations/{kind}_default.json", f"annotations/{kind}.json", *WHOLE)
        path = raw_files.place(root, *whole) or _only(root)
        if path:
            found = {"train": path}
    return found


def published_test(root: Path, year: int) -> tuple[Path | None, Path | None]:
    """The JSON and the folder of COCO's test images, which have no labels; None where absent."""
    name, folder = f"image_info_test{year}.json", f"test{year}"
    return raw_files.place(root, f"annotations/{name}", name), raw_files.place(root, folder, f"images/{folder}")


def images(config: Settings, name: str, split: str, path: Path) -> Path:
    """The folder of the images that a split's JSON names: as the settings say, or which has most of the first few.

    Raises:
      UserError: none has any.
    """
    root = raw_files.root(config.data_dir, name)
    given = {"train": config.images, "eval": config.eval_images or config.images}.get(split, "")
    if given:
        return _given(root, given, "images")
    names = list(itertools.islice(_file_names(path), PEEKED))
    here, tag = path.parent, path.stem.rsplit("_", 1)[-1]
    candidates = [
        raw_files.place(root, tag),
        raw_files.place(root, f"images/{tag}"),
        here,
        here / "images",
        here / "data",
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
            f"{path}: the images that it names{example} are not in any of {looked}. "
            "Say where: `images` is their folder."
        )
    return folders[counts.index(max(counts))]


def _given(root: Path, name: str, what: str) -> Path:
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


def _file_names(path: Path) -> Iterator[str]:
    """The names of the images in a JSON."""
    for entry in json_stream.elements(path, "images"):
        if isinstance(entry, dict) and isinstance(entry.get("file_name"), str):
            yield entry["file_name"]
