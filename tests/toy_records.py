"""Small records that the tests of the input pipeline read."""

from pathlib import Path

import numpy as np

from seg_models import dataset, image_files, records

INFO = dataset.DatasetInfo("toy", tuple(dataset.Category(str(i), (i, i, i), i == 2) for i in range(4)), ())


def example(index: int, size: tuple[int, int] = (20, 24)) -> dataset.Example:
    """An example whose class says its colour, with as many objects as its index modulo 3."""
    rng = np.random.default_rng(index)
    semantic = np.kron(rng.integers(0, 4, [5, 6]), np.ones([4, 4]))[: size[0], : size[1]].astype(np.uint8)
    instance = np.zeros(semantic.shape, np.uint16)
    instance[1, : index % 3] = np.arange(1, index % 3 + 1) * 300
    return dataset.Example(
        key=f"image {index}",
        image_bytes=image_files.encode_png(np.repeat(semantic[..., None] * 40 + 10, 3, axis=2)),
        image_format="png",
        height=size[0],
        width=size[1],
        semantic=np.where(rng.random(semantic.shape) < 0.05, 255, semantic).astype(np.uint8),
        instance=instance,
        objects=tuple(dataset.Object(2, (n + 1) * 300, is_crowd=n == 1) for n in range(index % 3)),
    )


def write(path: Path, examples: list[dataset.Example]) -> str:
    with path.open("wb") as file:
        for one in examples:
            records.write(file, records.encode(one))
    return str(path)
