"""A fake COCO-Stuff of 164k, its maps zipped; `make_10k` writes the one of 10k."""

import zipfile
from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image

from seg_models.raw import category_table
from tests.raw_trees import coco

IDS = np.array([raw for raw, train_id in category_table.read("coco_stuff").raw_values if train_id is not None])
REAL = {"data_dir": "coco_stuff"}


def make(folder: Path) -> Path:
    """Writes three training, two validation and two test images."""
    rng = np.random.default_rng(164)
    for name, first, count in (("train2017", 1, 3), ("val2017", 101, 2), ("test2017", 201, 2)):
        for number in range(first, first + count):
            coco.save_image(folder / name / f"{number:012d}.jpg", rng)
            if name != "test2017":
                path = folder / name / f"{number:012d}.png"
                Image.fromarray(id_map(rng) - 1).save(path)
                with zipfile.ZipFile(folder / "stuffthingmaps_trainval2017.zip", "a") as archive:
                    archive.write(path, path.relative_to(folder))
                path.unlink()
    return folder


def make_10k(folder: Path) -> Path:
    """Writes three training and two test images, which are the eval split."""
    rng = np.random.default_rng(10)
    keys = [f"COCO_train2014_{number:012d}" for number in range(5)]
    for key in keys:
        coco.save_image(folder / "images" / f"{key}.jpg", rng)
        (folder / "annotations").mkdir(exist_ok=True)
        scipy.io.savemat(folder / "annotations" / f"{key}.mat", variables(rng), do_compression=True)
    (folder / "imageLists").mkdir()
    for name, several in (("all", keys), ("train", keys[:3]), ("test", keys[3:])):
        (folder / "imageLists" / f"{name}.txt").write_text("\n".join(several) + "\n")
    return folder


def variables(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """What a .mat file of 10k holds; MATLAB's numbers are doubles."""
    superpixels = np.arange(coco.HEIGHT * coco.WIDTH).reshape(coco.HEIGHT, coco.WIDTH) // 8 + 1
    return {
        "S": id_map(rng).astype(np.float64),
        "names": np.array([f"name {number}" for number in range(1, 183)], object).reshape(-1, 1),
        "captions": np.array(["A fake picture.", "Noise, è noise."], object).reshape(-1, 1),
        "regionMapStuff": superpixels.astype(np.float64),
        "regionLabelsStuff": rng.choice(IDS, superpixels.max()).astype(np.float64).reshape(-1, 1),
    }


def id_map(rng: np.random.Generator) -> np.ndarray:
    """Ids, uint8 [H, W], 0 for void, in stripes."""
    stripes = np.concatenate([[0], rng.choice(IDS, 7)])
    return np.repeat(stripes, coco.WIDTH // 8)[None].repeat(coco.HEIGHT, axis=0).astype(np.uint8)
