"""Full ADE20K, the releases of 2021 and 2016: every object and part, what hides what, and the annotators' words.

    data_dir/ADE20K_2021_17_01/images/ADE/{training,validation}/SCENE/.../
        X.jpg  X.json             polygons, names, attributes, what is a part of what
        X_seg.png                 class = R // 10 * 256 + G, instance = B
        X_parts_1.png, _2...      the same of parts, and of their parts
        X/instance_000_X.png...   the whole extent of each object and part: 255 seen, 128 hidden
    data_dir/ADE20K_2016_07_26/images/{training,validation}/.../
        X.jpg  X_atr.txt  X_seg.png  X_parts_1.png...

Every region is an object here, the sky too. Its depth is that of the order in which the map was drawn: what hides it
was drawn later. `depth_ordering_rank` of the JSON is another order, which does not say what hides what. Parts are maps
of an Example: `parts/1/class`, `parts/1/instance` (B) and `parts/1/id`, the id in the JSON plus 1.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, labels, raw_files, registry
from seg_models.raw import ade20k_channels, ade20k_classes, ade20k_instances, ade20k_masks, ade20k_regions, pairing

SPLITS = {"train": "training", "eval": "validation"}
RELEASES = ("ADE20K_2021_17_01", "ADE20K_2016_07_26")
COUNTS = {"ADE20K_2016_07_26": (("train", 20_210), ("eval", 2_000)), "": (("train", 25_574), ("eval", 2_000))}
IMAGES = ("images/ADE", "images", ".")
# Endings of an annotation file, the later release first.
ANNOTATIONS = (".json", "_atr.txt")
# Maps of an Example, where they are needed to rebuild the files.
BLUE, REST = "instance/blue", "red/rest"


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and what is learnt.

    Attributes:
      data_dir: the folder of a release, or the folder above.
      classes: "847", those that are both in the training and the validation images of 2021 as objects; "150", those of
        SceneParse150; "all": every name in the index file of the release. All others are void.
    """

    data_dir: str = ""
    classes: str = "847"


def info(config: Config) -> dataset.DatasetInfo:
    """The chosen classes."""
    release = _release(config) if config.data_dir or config.classes == ade20k_classes.ALL else Path()
    table = ade20k_classes.table(config.classes, release)
    return dataset.DatasetInfo(
        name="ade20k_full",
        categories=table.categories,
        raw_values=table.raw_values,
        splits=tuple(SPLITS),
        expected_counts=COUNTS.get(release.name, COUNTS[""]),
        licence="Images: non-commercial research and education only; annotations: BSD-3-Clause.",
        citation="Zhou, Zhao, Puig, Xiao, Fidler, Barriuso, Torralba: Semantic understanding of scenes through the "
        "ADE20K dataset, IJCV 127(3), 2019",
        url="https://groups.csail.mit.edu/vision/datasets/ADE20K/",
        tasks=("semantic", "instance", "amodal"),
    )


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split with their maps; the masks of objects, 25 an image, are not listed."""
    registry.check("the splits of ade20k_full", split, SPLITS)
    root = _images(config)
    yield from sorted(_below(root, SPLITS[split]), key=lambda item: item.key)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one image with all its annotation."""
    described = info(config)
    example = pairing.load_image(item)
    annotation, regions = ade20k_regions.read(item.path("annotation"))
    example = dataclasses.replace(example, annotation=annotation)
    channels = _channels(item, "mask", example)
    masks = ade20k_masks.read(item, regions, example)
    built = ade20k_instances.build(
        channels,
        [region for region in regions if region.level == 0],
        masks,
        dict(described.raw_values),
        item.path("mask"),
    )
    maps = {BLUE: channels.instance, REST: channels.rest}
    needed = {BLUE: not np.array_equal(built.instance & 255, channels.instance), REST: channels.rest.any()}
    maps = {name: values for name, values in maps.items() if needed[name]}
    for level in _levels(item):
        maps |= _part_maps(level, _channels(item, f"parts/{level}", example), regions, masks)
    maps |= ade20k_masks.kept(regions, masks, built, maps)
    example = dataclasses.replace(
        example, instance=built.instance, objects=built.objects, findings=built.findings, maps=maps
    )
    return labels.annotated(example, labels.of(channels.number, described, item.path("mask")))


def found(config: Config) -> str:
    """Which release, and where."""
    root = _images(config)
    for folder in SPLITS.values():
        for item in _below(root, folder):
            is_late = item.path("annotation").endswith(ANNOTATIONS[0])
            return f"full ADE20K in {root}, release of {'2021 (JSON)' if is_late else '2016 (_atr.txt)'}"
    return f"full ADE20K in {root}, without images"


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The maps and the masks as they came."""
    blue = example.maps.get(BLUE, np.asarray(example.instance, np.int32) & 255)
    channels = ade20k_channels.Channels(example.raw, blue, example.maps.get(REST, 0))
    yield item.path("mask"), ade20k_channels.join(channels)
    for level in _levels(item):
        name = f"parts/{level}"
        parts = (example.maps[f"{name}/class"], example.maps[f"{name}/instance"], example.maps.get(f"{name}/rest", 0))
        yield item.path(name), ade20k_channels.join(ade20k_channels.Channels(*parts))
    yield from ade20k_masks.restore(item, example)


def _part_maps(
    level: int,
    channels: ade20k_channels.Channels,
    regions: tuple[ade20k_regions.Region, ...],
    masks: dict[int, np.ndarray],
) -> dict[str, np.ndarray]:
    """The maps of one level of parts."""
    maps = {f"parts/{level}/class": channels.number, f"parts/{level}/instance": channels.instance}
    if channels.rest.any():
        maps[f"parts/{level}/rest"] = channels.rest
    if masks:
        maps[f"parts/{level}/id"] = ade20k_masks.ids(level, channels.number.shape, regions, masks)
    return maps


def _channels(item: dataset.Item, role: str, example: dataset.Example) -> ade20k_channels.Channels:
    path = item.path(role)
    colors = image_files.read_raw_mask(path)
    image_files.check_same_size(colors, example.height, example.width, path, item.path("image"))
    return ade20k_channels.split(colors)


def _levels(item: dataset.Item) -> list[int]:
    return [int(role.removeprefix("parts/")) for role, _ in item.paths if role.startswith("parts/")]


def _release(config: Config) -> Path:
    """The folder of the release, in which its index file lies."""
    root = raw_files.root(config.data_dir, "ade20k_full")
    return raw_files.place(root, *RELEASES) or root


def _images(config: Config) -> Path:
    """The folder with training and validation."""
    release = _release(config)
    for each in IMAGES:
        if any(raw_files.is_folder(release / each / split) for split in SPLITS.values()):
            return release / each
    raise errors.UserError(
        f"{release}: not full ADE20K; expected images/ADE/training and images/ADE/validation (the release of 2021) or "
        f"images/training and images/validation (2016) in it or in its folder {' or '.join(RELEASES)}. "
        "Get it from https://groups.csail.mit.edu/vision/datasets/ADE20K/."
    )


def _below(root: Path, folder: str) -> Iterator[dataset.Item]:
    """The items in a folder and below it. The folder of an image's masks has the image's name and is not entered."""
    names = raw_files.names(root / folder)
    present = set(names)
    stems = {name.removesuffix(".jpg") for name in names if name.endswith(".jpg")}
    for stem in sorted(stems):
        ending = next((each for each in ANNOTATIONS if stem + each in present), ANNOTATIONS[0])
        parts = sorted(name for name in present if name.startswith(f"{stem}_parts_") and name.endswith(".png"))
        files = {"image": f"{stem}.jpg", "mask": f"{stem}_seg.png", "annotation": stem + ending}
        files |= {f"parts/{name.removeprefix(f'{stem}_parts_').removesuffix('.png')}": name for name in parts}
        yield dataset.Item(f"{folder}/{stem}", tuple((role, str(root / folder / name)) for role, name in files.items()))
    for name in names:
        if "." not in name and name not in stems:
            yield from _below(root, f"{folder}/{name}")
