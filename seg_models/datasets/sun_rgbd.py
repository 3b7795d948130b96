"""SUN RGB-D: 10335 frames of rooms from four depth cameras, 37 classes and void.

    data_dir/SUNRGBD/CAMERA/.../FRAME/image/*.jpg                    or SUNRGBD.zip
    data_dir/SUNRGBD/CAMERA/.../FRAME/annotation2Dfinal/index.json   polygons and their names; optional
    data_dir/SUNRGBDtoolbox/Metadata/SUNRGBD2Dseg.mat                MATLAB 7.3, the maps; read by frame
    data_dir/SUNRGBDtoolbox/Metadata/SUNRGBDMeta.mat                 the frames, in the order of the maps
    data_dir/SUNRGBDtoolbox/traintestSUNRGBD/allsplit.mat            what to train and what to test on, here `eval`

The map of all names, `seglabelall`, is a map of an Example; the polygons are its annotation. Depth is not converted.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, labels, raw_files, registry
from seg_models.raw import category_table, matlab, matlab_hdf5, pairing

TOOLBOX, IMAGES = "SUNRGBDtoolbox", "SUNRGBD"
LABELS, META, FRAMES = "Metadata/SUNRGBD2Dseg.mat", "Metadata/SUNRGBDMeta.mat", "traintestSUNRGBD/allsplit.mat"
SPLITS = {"train": "alltrain", "eval": "alltest"}
FIELD, ALL = "SUNRGBD2Dseg/seglabel", "SUNRGBD2Dseg/seglabelall"
TABLE = category_table.read("sun_rgbd")

INFO = dataset.DatasetInfo(
    name="sun_rgbd",
    categories=TABLE.categories,
    raw_values=TABLE.raw_values,
    splits=tuple(SPLITS),
    expected_counts=(("train", 5_285), ("eval", 5_050)),
    licence="Published for research without a licence; ask the authors before any other use.",
    citation="Song, Lichtenberg, Xiao: SUN RGB-D: A RGB-D scene understanding benchmark suite, CVPR 2015",
    url="https://rgbd.cs.princeton.edu",
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is.

    Attributes:
      data_dir: the folder with SUNRGBD, or SUNRGBD.zip, and SUNRGBDtoolbox, unpacked.
    """

    data_dir: str = ""


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The frames of a split, keyed by their folders."""
    registry.check("the splits of sun_rgbd", split, SPLITS)
    images, toolbox = _folders(config)
    path = toolbox / FRAMES
    chosen = {_folder(each) for each in _texts(matlab.field(matlab.read(path), SPLITS[split], path), path)}
    listed = []
    for place, image in enumerate(_frames(toolbox / META)):
        folder = image.rsplit("/", 2)[0]
        if folder not in chosen:
            continue
        paths = [("image", str(images / image)), ("labels", str(toolbox / LABELS))]
        polygons = images / folder / "annotation2Dfinal" / "index.json"
        if raw_files.exists(polygons):
            paths.append(("annotation", str(polygons)))
        listed.append(dataset.Item(folder, tuple(paths), annotation=str(place).encode()))
    lost = chosen - {item.key for item in listed}
    if lost:
        raise errors.UserError(f"{path}: {len(lost)} frames of it, such as {min(lost)}, are not in {toolbox / META}.")
    yield from sorted(listed, key=lambda item: item.key)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one frame; its item knows its place among the maps."""
    example = pairing.load_image(item)
    path, place = item.path("labels"), int(item.annotation)
    raw = _map(path, FIELD, place, example, item)
    maps = {"seglabelall": _map(path, ALL, place, example, item)} if ALL in matlab_hdf5.opened(path) else {}
    annotation = raw_files.read(item.path("annotation")) if "annotation" in dict(item.paths) else b""
    example = dataclasses.replace(example, maps=maps, annotation=annotation)
    return labels.annotated(example, labels.of(raw, INFO, f"{path}, frame {item.key}"))


def found(config: Config) -> str:
    """Where it lies."""
    images, toolbox = _folders(config)
    return f"frames of SUN RGB-D in {images}, their maps in {toolbox / LABELS}"


def _map(path: str, name: str, place: int, example: dataset.Example, item: dataset.Item) -> np.ndarray:
    """One of the maps of a frame, int32 [H, W]."""
    values = matlab.label_map(matlab_hdf5.cell(path, name, place), f"{path}: {name} of frame {place + 1}")
    where = f"{path}, {name} of frame {place + 1}"
    image_files.check_same_size(values, example.height, example.width, where, item.path("image"))
    return values


def _folders(config: Config) -> tuple[Path, Path]:
    """(the frames, the toolbox)."""
    root = raw_files.root(config.data_dir, INFO.name)
    images, toolbox = raw_files.place(root, IMAGES), root / TOOLBOX
    missing = [each for each in (LABELS, META, FRAMES) if not raw_files.exists(toolbox / each)]
    if images is None or missing:
        needed = ", ".join(f"{TOOLBOX}/{each}" for each in (LABELS, META, FRAMES))
        raise errors.UserError(
            f"{root}: not SUN RGB-D; expected {IMAGES} or {IMAGES}.zip, and {needed}, unpacked. Get SUNRGBD.zip and "
            f"SUNRGBDtoolbox.zip from {INFO.url}."
        )
    return images, toolbox


def _frames(path: Path) -> Iterator[str]:
    """The paths of the images below the folder SUNRGBD, in the order of the maps."""
    frames = matlab.field(matlab.read(path), "SUNRGBDMeta", path)
    known = frames.dtype.names or ()
    if "rgbpath" not in known:
        raise errors.UserError(f"{path}: `SUNRGBDMeta` has no field `rgbpath`; it has {', '.join(known)}.")
    for text in _texts(frames["rgbpath"], path):
        yield _folder(text)


def _texts(cells: np.ndarray, path: Path) -> Iterator[str]:
    """The texts of a cell array."""
    for cell in cells.ravel():
        if getattr(cell, "size", 0) != 1:
            raise errors.UserError(f"{path}: expected a list of paths, got {cell!r} in it.")
        yield str(cell.item())


def _folder(path: str) -> str:
    """What a path on the authors' machine, /n/fs/sun3d/data/SUNRGBD/kv1/a, names below the folder SUNRGBD: kv1/a."""
    parts = [part for part in path.split("/") if part]
    below = parts[parts.index(IMAGES) + 1 :] if IMAGES in parts else parts
    return raw_files.inside("", "/".join(below)).as_posix()
