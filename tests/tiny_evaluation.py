"""Tiny records and SavedModels with known answers: an image's red is the predicted class, its green the instance."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from seg_models import config, dataset, export, image_files, manifest, records

INFO = dataset.DatasetInfo(
    name="tiny",
    categories=(
        dataset.Category("road", (128, 64, 128)),
        dataset.Category("sky", (70, 130, 180)),
        dataset.Category("car", (0, 0, 142), is_thing=True),
    ),
    raw_values=((0, 0), (1, 1), (2, 2), (255, None)),
)


class Painted(tf.Module):
    """Says what is painted in the image."""

    def __init__(self, info: dataset.DatasetInfo, predicts_things: bool) -> None:
        super().__init__()
        is_thing = tf.constant([category.is_thing for category in info.categories])

        @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8, name="image")])
        def dense(image: tf.Tensor) -> dict[str, tf.Tensor]:
            image = tf.cast(image, tf.int32)
            semantic, instance = image[..., 0], image[..., 1]
            panoptic = semantic * info.label_divisor + instance
            if not predicts_things:
                panoptic = tf.where(tf.gather(is_thing, semantic), dataset.VOID_16, panoptic)
            return {"semantic": semantic, "panoptic": panoptic}

        self.dense = dense


def save_model(folder: Path, info: dataset.DatasetInfo = INFO, *, predicts_things: bool = True) -> str:
    """Exports a Painted model with its card; the folder."""
    module = Painted(info, predicts_things)
    tf.saved_model.save(module, str(folder), signatures={"dense": module.dense, "serving_default": module.dense})
    tasks = ("semantic", "panoptic") if predicts_things else ("semantic",)
    card = export.ModelCard(info, tasks, None)
    image_files.write_atomically(folder / export.CARD, config.to_json(card).encode())
    return str(folder)


def example(key: str, truth: np.ndarray, predicted: np.ndarray) -> dataset.Example:
    """An Example of integer [H, W, 2] maps, class and instance each; the image paints the prediction."""
    image = np.dstack([predicted, np.zeros(predicted.shape[:2])]).astype(np.uint8)
    instance = truth[..., 1].astype(np.uint16)
    objects = tuple(
        dataset.Object(int(truth[instance == each][0, 0]), int(each)) for each in np.unique(instance) if each
    )
    encoded = image_files.encode_png(image)
    return dataset.Example(key, encoded, "png", *truth.shape[:2], truth[..., 0].astype(np.uint8), instance, objects)


def write_records(
    folder: Path, shards: Sequence[Sequence[dataset.Example]], info: dataset.DatasetInfo = INFO
) -> list[str]:
    """Writes record files of the split "eval" and the manifest; the files."""
    paths = []
    for index, examples in enumerate(shards):
        path = folder / manifest.split_folder("eval") / manifest.shard_name(index, len(shards))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for each in examples:
                records.write(file, records.encode(each))
        paths.append(str(path))
    written = tuple(manifest.Shard(Path(path).name, len(each), "") for path, each in zip(paths, shards, strict=True))
    found = manifest.Manifest(info, {"eval": manifest.SplitManifest(sum(map(len, shards)), written)})
    (folder / manifest.FILE).write_text(manifest.to_json(found))
    return paths


def scene(seed: int, height: int = 24, width: int = 32) -> np.ndarray:
    """A random scene, int64 [H, W, 2]: sky above road, two cars."""
    random = np.random.default_rng(seed)
    scene = np.zeros((height, width, 2), np.int64)
    scene[: random.integers(4, height - 8), :, 0] = 1
    for instance in (1, 2):
        top, left = random.integers(0, height - 6), random.integers(0, width - 10)
        scene[top : top + 6, left : left + 9] = 2, instance
    return scene


def spoilt(scene: np.ndarray, rows: int) -> np.ndarray:
    """The scene [H, W, 2] shifted down by some rows: a prediction that is partly wrong."""
    return np.roll(scene, rows, axis=0)
