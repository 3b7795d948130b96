"""Penn-Fudan: one to three people an image, and texts with their boxes."""

from pathlib import Path

import numpy as np

from tests import small_folder

HEIGHT, WIDTH = 24, 32


def make(folder: Path) -> Path:
    """Six images in the folder PennFudanPed."""
    root = folder / "PennFudanPed"
    for index in range(6):
        name = f"{'FudanPed' if index < 3 else 'PennPed'}{index + 1:05d}"
        rng = np.random.default_rng(index)
        people = 1 + index % 3
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        for person in range(people):
            mask[4 + person : 20, 2 + 10 * person : 8 + 10 * person] = person + 1
        small_folder.save(root / "PNGImages" / f"{name}.png", rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
        small_folder.save(root / "PedMasks" / f"{name}_mask.png", mask)
        path = root / "Annotation" / f"{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text(name, people))
    return folder


def text(name: str, people: int) -> str:
    """The annotation of an image in the PASCAL format; boxes count from 1 and include their far sides."""
    pose = "PASpersonWalking"
    lines = [
        "# Compatible with PASCAL Annotation Version 1.00",
        f'Image filename : "PennFudanPed/PNGImages/{name}.png"',
        f"Image size (X x Y x C) : {WIDTH} x {HEIGHT} x 3",
        f"Objects with ground truth : {people} {{ {' '.join([repr(pose)] * people)} }}",
        "# Top left pixel co-ordinates : (1, 1)",
    ]
    for person in range(people):
        number, left, top = person + 1, 3 + 10 * person, 5 + person
        lines += [
            f'Original label for object {number} "{pose}" : "PennFudanPed"',
            f'Bounding box for object {number} "{pose}" (Xmin, Ymin) - (Xmax, Ymax) : '
            f"({left}, {top}) - ({left + 5}, 20)",
            f'Pixel mask for object {number} "{pose}" : "PennFudanPed/PedMasks/{name}_mask.png"',
        ]
    return "\n".join(lines) + "\n"
