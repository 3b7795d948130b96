"""toy_streets for TensorFlow Datasets. Importing this file is all it takes:

    import seg_models.tfds_builders.toy_streets
    tfds.load("toy_streets", split="train")

or, on the command line, `tfds build toy_streets --imports seg_models.tfds_builders.toy_streets`. Nothing is downloaded;
the images are those of seg_models/datasets/toy_streets.py. `segline convert tfds:toy_streets` reads them back.
"""

import dataclasses
import io
from collections.abc import Iterator

import numpy as np
import tensorflow_datasets as tfds

from seg_models import dataset, image_files
from seg_models.datasets import toy_streets

# The names of our splits in that world.
SPLITS = {"train": "train", "eval": "validation", "test": "test"}
NO_BOX = (0, 0, 0, 0)
DESCRIPTION = """Procedural street scenes with semantic, instance, panoptic and amodal truth and depth order. In
`semantic`, 255 is void. `objects` are the things, from near to far: `instance` is the value of their visible pixels in
`instance`, 0 where they are hidden; `bbox` and `area` are of these pixels; `amodal_mask` is their whole extent."""


@dataclasses.dataclass(eq=False, kw_only=True)
class Config(tfds.core.BuilderConfig):
    """A variant: `scenes` says how many images of which size."""

    scenes: toy_streets.Config


class ToyStreets(tfds.core.GeneratorBasedBuilder):
    """Makes the images of a variant."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        Config(name="128x128", description="128x128 pixels.", scenes=toy_streets.Config(images_test=64)),
        Config(
            name="512x256",
            description="512x256 pixels.",
            scenes=toy_streets.Config(images_test=64, height=256, width=512),
        ),
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        scenes, names = self.builder_config.scenes, list(toy_streets.INFO.names)
        size = (scenes.height, scenes.width)
        features = {
            "key": tfds.features.Text(),
            "image": tfds.features.Image(shape=(*size, 3), encoding_format="png"),
            "semantic": tfds.features.LabeledImage(labels=names, shape=(*size, 1), encoding_format="png"),
            "instance": tfds.features.Image(shape=(*size, 1), dtype=np.uint16, encoding_format="png"),
            "objects": tfds.features.Sequence(
                {
                    "instance": np.int64,
                    "label": tfds.features.ClassLabel(names=names),
                    "is_crowd": np.bool_,
                    "area": np.int64,
                    "bbox": tfds.features.BBoxFeature(),
                    "amodal_mask": tfds.features.Image(shape=(*size, 1), encoding_format="png"),
                    "depth": np.int64,
                }
            ),
        }
        return tfds.core.DatasetInfo(
            builder=self,
            description=DESCRIPTION,
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("image", "semantic"),
            license=toy_streets.INFO.licence,
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Iterator]:
        """The splits that have images; nothing is downloaded."""
        del dl_manager
        wanted = {ours: list(toy_streets.items(self.builder_config.scenes, ours)) for ours in SPLITS}
        return {SPLITS[ours]: self._generate_examples(items) for ours, items in wanted.items() if items}

    def _generate_examples(self, items: list[dataset.Item]) -> Iterator[tuple[str, dict[str, object]]]:
        for item in items:
            yield item.key, _features(toy_streets.load(self.builder_config.scenes, item))


def _features(example: dataset.Example) -> dict[str, object]:
    """An Example as these features; images as the files they are encoded in."""
    return {
        "key": example.key,
        "image": io.BytesIO(example.image_bytes),
        "semantic": io.BytesIO(image_files.encode_png(example.semantic)),
        "instance": io.BytesIO(image_files.encode_png(example.instance.astype(np.uint16))),
        "objects": [_object(thing, example) for thing in example.objects],
    }


def _object(thing: dataset.Object, example: dataset.Example) -> dict[str, object]:
    visible = (example.instance == thing.instance) & (thing.instance > 0)
    return {
        "instance": thing.instance,
        "label": thing.category,
        "is_crowd": thing.is_crowd,
        "area": int(np.count_nonzero(visible)),
        "bbox": tfds.features.BBox(*(float(side) for side in _box(visible))),
        "amodal_mask": io.BytesIO(image_files.encode_png(thing.amodal.astype(np.uint8))),
        "depth": thing.depth,
    }


def _box(mask: np.ndarray) -> np.ndarray | tuple[int, ...]:
    """(ymin, xmin, ymax, xmax) of bool [H, W] in fractions of the image; zeros where it is empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return NO_BOX
    height, width = mask.shape
    return np.array([rows[0], columns[0], rows[-1] + 1, columns[-1] + 1]) / [height, width, height, width]
