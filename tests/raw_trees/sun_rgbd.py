"""A fake SUN RGB-D: frames in folders, and the toolbox with its maps in MATLAB 7.3 and its lists in older files."""

from pathlib import Path

import h5py
import numpy as np
import scipy.io
from PIL import Image

HEIGHT, WIDTH = 10, 14
AUTHORS = "/n/fs/sun3d/data/SUNRGBD"
TEST = ("kv1/NYUdata/NYU0001", "xtion/sun3ddata/a/b")
TRAIN = ("kv2/kinect2data/000002_2014-05-26-resize", "realsense/lg/2014_10_20-18_03_45", "kv1/b3dodata/img_0063")


def make(folder: Path) -> Path:
    """Writes three frames to train and two to test on; in the metadata those to test on come first."""
    toolbox = folder / "SUNRGBDtoolbox"
    (toolbox / "Metadata").mkdir(parents=True)
    (toolbox / "traintestSUNRGBD").mkdir()
    rng = np.random.default_rng(37)
    frames = np.zeros((1, 5), [("sequenceName", object), ("rgbpath", object), ("rgbname", object)])
    with h5py.File(toolbox / "Metadata" / "SUNRGBD2Dseg.mat", "w") as file:
        fields = file.create_group("SUNRGBD2Dseg")
        for name in ("seglabel", "seglabelall"):
            fields.create_dataset(name, (5, 1), h5py.ref_dtype)
        for place, frame in enumerate((*TEST, *TRAIN)):
            # One path on the authors' machine is written with two slashes.
            path = f"{AUTHORS}{'/' * (1 + place % 2)}{frame}/image/{place}.jpg"
            frames[0, place] = (f"SUNRGBD/{frame}", path, f"{place}.jpg")
            _frame(folder / "SUNRGBD" / frame, place, rng)
            for name, values in zip(("seglabel", "seglabelall"), maps(place)):
                file[f"#refs#/{name}{place}"] = values.T
                fields[name][place, 0] = file[f"#refs#/{name}{place}"].ref
    scipy.io.savemat(toolbox / "Metadata" / "SUNRGBDMeta.mat", {"SUNRGBDMeta": frames})
    splits = {"alltrain": TRAIN, "alltest": TEST}
    lists = {name: _cells([f"{AUTHORS}/{frame}" for frame in each]) for name, each in splits.items()}
    scipy.io.savemat(toolbox / "traintestSUNRGBD" / "allsplit.mat", lists)
    return folder


def maps(place: int) -> tuple[np.ndarray, np.ndarray]:
    """(classes uint8 [H, W], names uint16 [H, W]) of a frame."""
    rng = np.random.default_rng(place)
    return rng.integers(0, 38, (HEIGHT, WIDTH), np.uint8), rng.integers(0, 6600, (HEIGHT, WIDTH), np.uint16)


def _frame(folder: Path, place: int, rng: np.random.Generator) -> None:
    for name in ("image", "annotation2Dfinal"):
        (folder / name).mkdir(parents=True)
    Image.fromarray(rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)).save(folder / "image" / f"{place}.jpg")
    (folder / "annotation2Dfinal" / "index.json").write_text('{"frames": [{"polygon": []}], "objects": []}')


def _cells(texts: list[str]) -> np.ndarray:
    cells = np.empty((1, len(texts)), object)
    cells[0] = texts
    return cells
