"""A data set as TensorFlow Datasets prepares it, written without it: COCO panoptic, two shards of train, one of eval.

tests/test_tfds.py compares what is read with what TensorFlow Datasets reads, on files that it wrote itself.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from seg_models import example_message, image_files, records
from seg_models.raw import category_table

FIELDS = {"builder": "coco/2017_panoptic"}
SHARDS = {"train": (2, 3), "validation": (2,)}
SIZE = (12, 18)


def make(folder: Path) -> Path:
    """Writes the folder coco/2017_panoptic/1.1.0 with seven records; the last of them has 300 segments."""
    names = [category.name for category in category_table.read("coco_panoptic").categories]
    numbers = iter(range(1, 100))
    made = {
        split: [[record(next(numbers)) for _ in range(length)] for length in lengths]
        for split, lengths in SHARDS.items()
    }
    about = {"name": "coco", "configName": "2017_panoptic", "version": "1.1.0"}
    write(folder, about, features(len(names)), made, {"panoptic_objects-label": names})
    return folder


def write(
    folder: Path,
    about: Mapping[str, object],
    named: Mapping[str, object],
    splits: Mapping[str, Sequence[Sequence[bytes]]],
    labels: Mapping[str, Sequence[str]] | None = None,
) -> Path:
    """Writes a prepared data set into its place in `folder`.

    Args:
      folder: the data_dir.
      about: members of dataset_info.json, name and version among them.
      named: what features.json says.
      splits: split -> shards -> records.
      labels: the lists of class names, by their file's name.

    Returns:
      The folder that was written.
    """
    prepared = folder / str(about["name"]) / str(about.get("configName", "")) / str(about["version"])
    prepared.mkdir(parents=True)
    (prepared / "features.json").write_text(json.dumps(named))
    for name, names in (labels or {}).items():
        (prepared / f"{name}.labels.txt").write_text("\n".join(names) + "\n")
    told = [{"name": split, "shardLengths": [str(len(shard)) for shard in shards]} for split, shards in splits.items()]
    (prepared / "dataset_info.json").write_text(json.dumps({"fileFormat": "tfrecord", "splits": told, **about}))
    for split, shards in splits.items():
        for place, shard in enumerate(shards):
            with open(prepared / f"{about['name']}-{split}.tfrecord-{place:05d}-of-{len(shards):05d}", "wb") as file:
                for each in shard:
                    records.write(file, each)
    return prepared


def record(number: int) -> bytes:
    """A record: stuff, things, a crowd, a pixel of nothing."""
    rng = np.random.default_rng(number)
    height, width = SIZE if number < 7 else (20, 20)
    ids = np.full((height, width), 70_000 + number, np.int32)
    labels = {70_000 + number: 100}
    if number < 7:
        ids[2:9, 3:8], ids[4:, 10:13], ids[10:, :5], ids[0, 0] = 7, 300, 5_000_000, 0
        labels |= {7: 0, 300: number, 5_000_000: 0}
    else:
        ids.ravel()[:300] = np.arange(1, 301)
        labels |= dict.fromkeys(range(1, 301), 2)
    boxes = [_box(ids == identity) for identity in labels]
    return example_message.serialised(
        {
            "image": image_files.encode_png(rng.integers(0, 256, (height, width, 3), np.uint8)),
            "image/filename": f"{number:012d}.jpg".encode(),
            "image/id": [number],
            "panoptic_image": image_files.encode_png(np.stack([ids, ids >> 8, ids >> 16], axis=-1).astype(np.uint8)),
            "panoptic_image/filename": f"{number:012d}.png".encode(),
            "panoptic_objects/area": [int((ids == identity).sum()) for identity in labels],
            "panoptic_objects/bbox": [side for box in boxes for side in box],
            "panoptic_objects/id": list(labels),
            "panoptic_objects/is_crowd": [int(identity == 5_000_000) for identity in labels],
            "panoptic_objects/label": list(labels.values()),
        }
    )


def features(num_classes: int) -> dict[str, object]:
    """What features.json of this builder says."""
    colour = image(3)
    label = {"classLabel": {"numClasses": str(num_classes)}}
    box = {"boundingBox": {"shape": {"dimensions": ["4"]}, "dtype": "float32"}}
    listed = {"area": _tensor("int64"), "bbox": box, "id": _tensor("int64"), "is_crowd": _tensor("bool")}
    listed |= {"label": label}
    text = {"text": {}}
    named = {"image": colour, "image/filename": text, "image/id": _tensor("int64"), "panoptic_image": colour}
    segments = {"sequence": {"feature": dictionary(listed), "length": "-1"}}
    named |= {"panoptic_image/filename": text, "panoptic_objects": segments}
    return dictionary(named)


def image(channels: int, num_classes: int = 0, dtype: str = "uint8") -> dict[str, object]:
    """An image feature."""
    label = {"label": {"numClasses": str(num_classes)}} if num_classes else {}
    return {"image": {"shape": {"dimensions": ["-1", "-1", str(channels)]}, "dtype": dtype, **label}}


def dictionary(named: Mapping[str, object]) -> dict[str, object]:
    """A feature that is a dictionary of others."""
    return {"pythonClassName": "FeaturesDict", "featuresDict": {"features": named}}


def _tensor(dtype: str) -> dict[str, object]:
    return {"tensor": {"shape": {}, "dtype": dtype, "encoding": "none"}}


def _box(mask: np.ndarray) -> list[float]:
    """(ymin, xmin, ymax, xmax) in fractions of the image."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = mask.shape
    return [rows[0] / height, columns[0] / width, (rows[-1] + 1) / height, (columns[-1] + 1) / width]
