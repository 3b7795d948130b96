"""ADE20K panoptic: SceneParse150 with the instances of its 100 thing classes, as the Places challenge publishes them.

    data_dir/ADEChallengeData2016/images/{training,validation}/*.jpg
    data_dir/ADEChallengeData2016/annotations/{training,validation}/*.png             0 = void, 1..150
    data_dir/ADEChallengeData2016/annotations_instance/{training,validation}/*.png    R = 1..100, G = instance

The two disagree in places. As in the published panoptic truth, an instance lies above what the semantic map says, and
pixels of a thing class outside every instance belong to no segment; they keep their class in the semantic map.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from seg_models import dataset, errors, image_files, labels, value_tables
from seg_models.raw import ade20k_challenge, category_table, pairing

TABLE = category_table.read("ade20k")
MAPS = {"mask": "annotations", "instance": "annotations_instance"}
# Maps of an Example, where they are needed to rebuild the files: SceneParse150 below instances, and channel values
# without an instance (R * 256 + B).
BELOW = "sceneparse150"
REST = "instance/rest"

INFO = dataset.DatasetInfo(
    name="ade20k_panoptic",
    categories=TABLE.categories,
    raw_values=TABLE.raw_values,
    splits=tuple(ade20k_challenge.SPLITS),
    expected_counts=ade20k_challenge.COUNTS,
    licence=ade20k_challenge.LICENCE,
    citation=ade20k_challenge.CITATION,
    url="https://github.com/CSAILVision/placeschallenge",
    tasks=("semantic", "instance", "panoptic"),
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is.

    Attributes:
      data_dir: the folder ADEChallengeData2016, or the folder above, with that folder or its zip file in it.
    """

    data_dir: str = ""


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split with both maps."""
    return ade20k_challenge.items(config.data_dir, INFO.name, MAPS, split)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one image and lays its instances over its semantic map."""
    example = pairing.load_image(item)
    if "mask" not in dict(item.paths):
        return example
    mask_path, instance_path = item.path("mask"), item.path("instance")
    scene = labels.read(mask_path, INFO).raw
    channels = image_files.read_raw_mask(instance_path)
    for each, path in ((scene, mask_path), (channels, instance_path)):
        image_files.check_same_size(each, example.height, example.width, path, item.path("image"))
    classes, instance, blue = channels >> 16, channels >> 8 & 255, channels & 255
    objects = _objects(classes, instance, instance_path)
    raw_of = np.zeros(256, np.int32)
    for thing in objects:
        raw_of[thing.instance] = thing.category + 1
    merged = np.where(instance > 0, raw_of[instance], scene)
    rest = np.where(instance > 0, 0, classes) * 256 + blue
    findings = []
    if (rest >> 8).any():
        text = f"{instance_path}: {np.count_nonzero(rest >> 8)} pixels have a class (R) but no instance (G); left out."
        findings.append(dataset.Finding("id", text))
    kept = {BELOW: scene.astype(np.uint8), REST: rest}
    example = dataclasses.replace(
        example,
        instance=instance,
        objects=objects,
        maps={name: each for name, each, needed in zip(kept, kept.values(), (merged != scene, rest)) if needed.any()},
        findings=tuple(findings),
    )
    return labels.annotated(example, labels.of(merged, INFO, instance_path))


def found(config: Config) -> str:
    """Where the tree lies."""
    return f"SceneParse150 and instances in {ade20k_challenge.folder(config.data_dir, INFO.name, [*MAPS.values()])}"


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """Both maps as they came."""
    if example.raw is None:
        return
    yield item.path("mask"), example.maps.get(BELOW, example.raw)
    class_of = np.zeros(256, np.int32)
    for thing in example.objects:
        class_of[thing.instance] = INFO.thing_ids.index(thing.category) + 1
    rest = np.asarray(example.maps.get(REST, 0), np.int32)
    instance = np.asarray(example.instance, np.int32)
    yield item.path("instance"), class_of[instance] + (rest >> 8) << 16 | instance << 8 | rest & 255


def _objects(classes: np.ndarray, instance: np.ndarray, path: str) -> tuple[dataset.Object, ...]:
    """One Object for every instance.

    Args:
      classes: int32 [H, W], 1..100, the things in the order of the 150 classes.
      instance: int32 [H, W], 0 = none.
      path: named in the errors.
    """
    counts = value_tables.count(instance * 256 + classes)
    categories: dict[int, int] = {}
    for pair in np.flatnonzero(counts).tolist():
        identity, value, count = pair >> 8, pair & 255, int(counts[pair])
        if not identity:
            continue
        if not 1 <= value <= len(INFO.thing_ids):
            raise errors.DataError(
                f"{path}: instance {identity} (G) has the class {value} (R) on {count} pixels; "
                f"expected 1..{len(INFO.thing_ids)}."
            )
        if identity in categories:
            raise errors.DataError(f"{path}: instance {identity} (G) has two classes (R), one on {count} pixels.")
        categories[identity] = INFO.thing_ids[value - 1]
    return tuple(dataset.Object(category, identity, source_id=identity) for identity, category in categories.items())
