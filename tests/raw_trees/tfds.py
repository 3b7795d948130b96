"""A data set as TensorFlow Datasets prepares it, written without it: COCO panoptic, two shards of train, one of eval.

tests/test_tfds.py compares what is read with what TensorFlow Datasets reads, on files that it wrote itself.
"""

import json
from pathlib import Path

import numpy as np

from seg_models import category_table, example_message, image_files, records

FIELDS = {"builder": "coco/2017_panoptic"}
SHARDS = {"train": (2, 3), "validation": (2,)}
SIZE = (12, 18)


def make(folder: Path) -> Path:
    """Writes the folder coco/2017_panoptic/1.1.0 with seven records; the last of them has 300 segments."""
    names = [category.name for category in category_table.read("coco_panoptic").categories]
    prepared = folder / "coco" / "2017_panoptic" / "1.1.0"
    prepared.mkdir(parents=True)
    (prepared / "features.json").write_text(json.dumps(features(len(names))))
    (prepared / "panoptic_objects-label.labels.txt").write_text("\n".join(names) + "\n")
    splits = [{"name": split, "shardLengths": [str(length) for length in lengths]} for split, lengths in SHARDS.items()]
    info = {"name": "coco", "configName": "2017_panoptic", "version": "1.1.0", "fileFormat": "tfrecord"}
    info |= {"splits": splits}
    (prepared / "dataset_info.json").write_text(json.dumps(info))
    number = 0
    for split, lengths in SHARDS.items():
        for shard, length in enumerate(lengths):
            with open(prepared / f"coco-{split}.tfrecord-{shard:05d}-of-{len(lengths):05d}", "wb") as file:
                for number in range(number + 1, number + 1 + length):
                    records.write(file, record(number))
    return folder


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
    image = {"image": {"shape": {"dimensions": ["-1", "-1", "3"]}, "dtype": "uint8"}}
    label = {"classLabel": {"numClasses": str(num_classes)}}
    box = {"boundingBox": {"shape": {"dimensions": ["4"]}, "dtype": "float32"}}
    listed = {"area": _tensor("int64"), "bbox": box, "id": _tensor("int64"), "is_crowd": _tensor("bool")}
    listed |= {"label": label}
    text = {"text": {}}
    named = {"image": image, "image/filename": text, "image/id": _tensor("int64"), "panoptic_image": image}
    segments = {"sequence": {"feature": _dict(listed), "length": "-1"}}
    named |= {"panoptic_image/filename": text, "panoptic_objects": segments}
    return _dict(named)


def _dict(named: dict[str, object]) -> dict[str, object]:
    return {"pythonClassName": "FeaturesDict", "featuresDict": {"features": named}}


def _tensor(dtype: str) -> dict[str, object]:
    return {"tensor": {"shape": {}, "dtype": dtype, "encoding": "none"}}


def _box(mask: np.ndarray) -> list[float]:
    """(ymin, xmin, ymax, xmax) in fractions of the image."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = mask.shape
    return [rows[0] / height, columns[0] / width, (rows[-1] + 1) / height, (columns[-1] + 1) / width]
