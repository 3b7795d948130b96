"""A fake ADEChallengeData2016: SceneParse150 maps, instance maps, and test images without labels."""

from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 24, 32
# 150-class ids of the three instances in every picture, and their ids among the 100 things.
SCENE_IDS, THING_IDS = (13, 21, 8), (4, 9, 1)

REAL = {"data_dir": "ade20k_sceneparse150"}


def make(folder: Path) -> Path:
    """Writes three training, two validation and two test images."""
    rng = np.random.default_rng(20)
    root = folder / "ADEChallengeData2016"
    for split, name, count in (("training", "train", 3), ("validation", "val", 2)):
        for index in range(count):
            key = f"ADE_{name}_{index + 1:08d}"
            _image(root / "images" / split / f"{key}.jpg", rng)
            scene, instance = maps(rng)
            _save(root / "annotations" / split / f"{key}.png", scene)
            _save(root / "annotations_instance" / split / f"{key}.png", instance)
    for index in range(2):
        _image(folder / "release_test" / "testing" / f"ADE_test_{index + 1:08d}.jpg", rng)
    (root / "objectInfo150.txt").write_text("Idx\tRatio\tTrain\tVal\tName\n")
    return folder


def maps(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(semantic uint8 [H, W], instance uint8 [H, W, 3]) that disagree: an instance is larger than its class."""
    scene = np.repeat(rng.integers(0, 151, (HEIGHT // 8, WIDTH), np.uint8), 8, axis=0)
    instance = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for number, (scene_id, thing_id) in enumerate(zip(SCENE_IDS, THING_IDS)):
        scene[2:10, number * 10 : number * 10 + 8] = scene_id
        instance[2:12, number * 10 : number * 10 + 8] = (thing_id, (255, 2, 7)[number], 0)
    return scene, instance


def _image(path: Path, rng: np.random.Generator) -> None:
    _save(path, rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))


def _save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
