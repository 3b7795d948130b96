"""Data sets that TensorFlow Datasets itself prepares for tests: features of its own builders, a few small records."""

import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from seg_models.raw import category_table

tfds.disable_progress_bar()

SIZE = (16, 24)

Examples = Mapping[str, Mapping[str, Mapping[str, object]]]


def prepare(
    folder: Path,
    builder: str,
    examples: Examples,
    labels: Mapping[str, list[str]] | None = None,
    file_format: str = "tfrecord",
) -> tfds.core.DatasetBuilder:
    """Prepares `builder` in `folder` with records of ours in place of a download.

    Args:
      folder: the data_dir.
      builder: of TensorFlow Datasets, with its config, such as "coco/2017_panoptic".
      examples: split -> key -> what the builder would generate.
      labels: flat name of a feature -> names of its classes, for builders that only learn them from their files.
      file_format: of the shards.
    """
    whole = tfds.builder(builder, data_dir=folder)
    own = whole.info.features
    for feature, names in (labels or {}).items():
        *above, last = feature.split("/")
        within = own[above[0]] if above else own
        within[last].names = names
    return from_features(folder, f"{builder}:{whole.version}", own, examples, file_format)


def from_features(
    folder: Path, builder: str, features: tfds.features.FeaturesDict, examples: Examples, file_format: str = "tfrecord"
) -> tfds.core.DatasetBuilder:
    """Prepares a builder "name", "name/config" or "name/config:1.0.0" of any features."""
    whole, _, version = builder.partition(":")
    named, _, config_name = whole.partition("/")

    class Made(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        """Writes `examples`."""

        name = named
        VERSION = tfds.core.Version(version or "1.0.0")
        BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=config_name)] if config_name else []

        def _info(self) -> tfds.core.DatasetInfo:
            return tfds.core.DatasetInfo(builder=self, features=features, license="Ours.")

        def _split_generators(self, _: object) -> dict[str, Iterator[tuple[str, object]]]:
            return {split: self._generate_examples(split) for split in examples}

        def _generate_examples(self, split: str) -> Iterator[tuple[str, object]]:
            yield from examples[split].items()

    made = Made(data_dir=folder, file_format=file_format)
    made.download_and_prepare()
    return made


def png(values: np.ndarray, palette: bool = False) -> io.BytesIO:
    """An array as the PNG file that a builder reads: uint8 [H, W], [H, W, 3] or uint16 [H, W]."""
    image = Image.fromarray(values)
    if palette:
        image.putpalette(bytes(range(255, -1, -1)) * 3)
    file = io.BytesIO()
    image.save(file, "PNG")
    return io.BytesIO(file.getvalue())


def jpeg(values: np.ndarray) -> io.BytesIO:
    """An array uint8 [H, W, 3] as the JPEG file that a builder reads."""
    file = io.BytesIO()
    Image.fromarray(values).save(file, "JPEG", quality=90)
    return io.BytesIO(file.getvalue())


def many(one: Callable[[int], dict[str, object]], **splits: int) -> dict[str, dict[str, dict[str, object]]]:
    """split -> key -> example number n of all."""
    numbers = iter(range(1000))
    return {split: {f"{split}{place}": one(next(numbers)) for place in range(count)} for split, count in splits.items()}


def picture(number: int) -> np.ndarray:
    """uint8 [H, W, 3]."""
    return np.random.default_rng(number).integers(0, 256, (*SIZE, 3), np.uint8)


def cityscapes(number: int) -> dict[str, object]:
    """Road, a car, and three values that are void."""
    values = np.full(SIZE, 7, np.uint8)
    values[:3], values[5:9, 4 + number : 9 + number], values[0, 0] = 3, 26, 0
    # These features have a fixed size, 1024 x 2048.
    large, labels = (np.repeat(np.repeat(small[:16, :16], 64, 0), 128, 1) for small in (picture(number), values))
    return {"image_id": f"ulm_{number}", "image_left": png(large), "segmentation_label": png(labels)}


def scene_parse150(number: int) -> dict[str, object]:
    """Four instances, as class in red and number in green."""
    classes, instances = np.zeros((2, *SIZE), np.uint8)
    for instance, value in ((1, 12), (7, 100), (255, 12), (9, 1 + number)):
        rows = slice(instance % 5 * 3, instance % 5 * 3 + 3)
        classes[rows, 2 + number : 9], instances[rows, 2 + number : 9] = value, instance
    annotation = png(np.stack([classes, instances, 0 * classes], -1))
    return {"image": jpeg(picture(number)), "annotation": annotation}


def oxford_iiit_pet(number: int) -> dict[str, object]:
    """A pet, its border, and the background."""
    trimap = np.full(SIZE, 2, np.uint8)
    trimap[3:12, 4:20], trimap[4:11, 5 + number : 19] = 3, 1
    box = tfds.features.BBox(0.1, 0.2, 0.3 + number / 100, 0.7)
    image = {"image": jpeg(picture(number)), "segmentation_mask": png(trimap), "head_bbox": box}
    return {**image, "label": number, "species": number % 2, "file_name": f"Persian_{number}.jpg"}


def coco(number: int) -> dict[str, object]:
    """Four segments: stuff, a thing with a wrong area and box, a thing of changing class, a crowd; a pixel of none."""
    ids = np.full(SIZE, 70_000 + number, np.int32)
    ids[2:9, 3:8], ids[4:, 10:13], ids[10:, :5], ids[0, 0] = 7, 300, 5_000_000, 0
    whole, away = tfds.features.BBox(0.0, 0.0, 1.0, 1.0), tfds.features.BBox(0.5, 0.5, 1.0, 1.0)
    labels = {70_000 + number: 100, 7: 0, 300: number, 5_000_000: 17}
    segments = [
        {"id": identity, "label": label, "is_crowd": label == 17, "area": int((ids == identity).sum()), "bbox": whole}
        for identity, label in labels.items()
    ]
    segments[1] |= {"area": 1, "bbox": away}
    image = {"image": jpeg(picture(number)), "image/filename": f"{number}.jpg", "image/id": number}
    panoptic = png(np.stack([ids, ids >> 8, ids >> 16], -1).astype(np.uint8))
    image |= {"panoptic_image": panoptic, "panoptic_image/filename": f"{number}.png"}
    return {**image, "panoptic_objects": segments}


def coco_names() -> list[str]:
    """The 133 names in an order that is not ours."""
    return [category.name for category in category_table.read("coco_panoptic").categories][::-1]


def own(number: int) -> dict[str, object]:
    """An image, a map with classes, a map of 16 bits, a text, and lists in a list."""
    classes = np.random.default_rng(number).integers(0, 3, (*SIZE, 1), np.uint8)
    depth = np.random.default_rng(number).integers(0, 65536, (*SIZE, 1), np.uint16)
    told = {"note": f"numéro {number}", "walks": [[0, 1], [], [1]]}
    return {"picture": picture(number), "depth": depth, "classes": classes, **told}
