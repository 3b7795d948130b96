"""Data Science Bowl 2018: masks of which some overlap and one is empty; solutions of both tests."""

from pathlib import Path

import numpy as np

from tests import small_folder

REAL = {"data_dir": "dsb2018"}
HEIGHT, WIDTH = 20, 26
MANY = 300


def make(folder: Path) -> Path:
    """Writes six labelled images, one of them with 300 nuclei, and test images of both stages."""
    for index in range(5):
        identity = f"{index:064x}"
        masks = nuclei(index)
        _image(folder / "stage1_train", identity)
        for number, mask in enumerate(masks):
            small_folder.save(folder / "stage1_train" / identity / "masks" / f"{number:064x}.png", mask)
    _crowded(folder / "stage1_train", f"{99:064x}")
    rows = ["ImageId,EncodedPixels,Height,Width,Usage"]
    for index in range(2):
        identity = f"{1000 + index:064x}"
        _image(folder / "stage1_test", identity)
        rows += [f"{identity},{runs(mask)},{HEIGHT},{WIDTH},Private" for mask in nuclei(index)[:2]]
    (folder / "stage1_solution.csv").write_text("\n".join(rows) + "\n")
    ignored = f"{2000:064x}"
    _image(folder / "stage2_test_final", ignored)
    (folder / "stage2_solution_final.csv").write_text(f"{rows[0]}\n{ignored},1 1,{HEIGHT},{WIDTH},Ignored\n")
    return folder


def nuclei(index: int) -> list[np.ndarray]:
    """Masks uint8 [H, W] of 0 and 255: the first two overlap, the fourth is larger than the third and covers it not."""
    masks = np.zeros((5, HEIGHT, WIDTH), np.uint8)
    masks[0, 2:8, 2:10] = 255
    masks[1, 6:12, 8:13] = 255
    masks[2, 14:17, 3 + index : 6 + index] = 255
    masks[3, 13:19, 2:15] = 255
    # The fifth stays empty where the index is odd.
    masks[4, 1:4, 18:24] = 0 if index % 2 else 255
    return list(masks)


def runs(mask: np.ndarray) -> str:
    """The run-length code of a mask [H, W]: starts counted from 1 down the columns, and lengths."""
    changes = np.flatnonzero(np.diff(np.concatenate([[0], mask.T.ravel() > 0, [0]]).astype(int))) + 1
    return " ".join(f"{start} {end - start}" for start, end in changes.reshape(-1, 2).tolist())


def _crowded(folder: Path, identity: str) -> None:
    """An image with more nuclei than 8 bits can number."""
    _image(folder, identity)
    for number in range(MANY):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask.ravel()[number] = 255
        small_folder.save(folder / identity / "masks" / f"{number:064x}.png", mask)


def _image(folder: Path, identity: str) -> None:
    """An image with an alpha channel, as published."""
    rng = np.random.default_rng(int(identity, 16))
    pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
    pixels[..., 3] = 255
    small_folder.save(folder / identity / "images" / f"{identity}.png", pixels)
