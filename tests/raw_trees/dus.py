"""Daimler Urban Segmentation as published: sequences of PGM files, of which every tenth frame is labelled."""

from pathlib import Path

import numpy as np

FIELDS = {"ground": (0,), "building": (8, 7), "vehicle": (1,), "pedestrian": (2,), "sky": (4,), "void": (255, 3)}
VALUES = (0, 1, 2, 3, 4, 7, 8, 255)


def make(folder: Path) -> Path:
    """Three frames in each of two sequences of train and of test, two of them labelled."""
    for sequence in ("train_1", "train_3", "test_1", "test_2"):
        for number in (8, 9, 19):
            rng = np.random.default_rng([len(sequence), number])
            name = f"{number:09d}.pgm"
            save(folder / sequence / "imgleft" / f"imgleft{name}", rng.integers(0, 4096, (11, 26)), 65535)
            if number != 8:
                save(folder / sequence / "groundtruth" / f"label{name}", rng.choice(VALUES, (11, 26)), 255)
                save(folder / sequence / "disp" / f"disp{name}", rng.integers(0, 65536, (11, 26)), 65535)
    return folder


def save(path: Path, values: np.ndarray, highest: int) -> None:
    """Writes a binary PGM, of two bytes a pixel, the higher first, where the highest value needs them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = values.shape
    pixels = values.astype(">u2" if highest > 255 else "u1").tobytes()
    path.write_bytes(b"P5\n# made\n%d %d\n%d\n" % (width, height, highest) + pixels)
