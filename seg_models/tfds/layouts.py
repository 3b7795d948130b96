"""Which features of a prepared data set hold the image and its maps: named by the user, known, or guessed."""

import dataclasses

from seg_models import errors, registry
from seg_models.tfds import files

INTEGERS = ("", "uint8", "uint16")
# Where several would do, the one of this name is meant.
USUAL_IMAGE = "image"


@dataclasses.dataclass(frozen=True)
class Layout:
    """The features that are read; "" where there is none.

    Attributes:
      image: the picture.
      semantic: a map of class values. "annotation:0" is the first channel of a map with several.
      instance: a map of instances: one channel, such as "annotation:1", 0 being none; or, where `segments` lists them,
        a panoptic map in RGB, whose ids are R + 256 G + 65536 B.
      segments: a Sequence with one entry for each instance or segment. Of its fields these are read: id or instance,
        label, is_crowd, area, bbox, mask, amodal_mask, depth.
    """

    image: str = ""
    semantic: str = ""
    instance: str = ""
    segments: str = ""


@dataclasses.dataclass(frozen=True)
class Ready:
    """What is known of a builder.

    Attributes:
      layout: its features.
      like: the data set of seg_models.datasets that has the same classes and the same licence.
      things_only: of these classes only the things count; the raw values are their places among these, from 1.
      splits: (ours, theirs) where the general rule would do otherwise than our own data set.
      unlabelled: their splits whose maps are placeholders.
      expected_counts: (our split, records) as published.
    """

    layout: Layout
    like: str
    things_only: bool = False
    splits: tuple[tuple[str, str], ...] = ()
    unlabelled: tuple[str, ...] = ()
    expected_counts: tuple[tuple[str, int], ...] = ()


_CITYSCAPES = Ready(
    Layout("image_left", "segmentation_label"),
    like="cityscapes",
    # Its label maps are published with nothing but void in them.
    unlabelled=("test",),
)
READY = {
    "cityscapes": _CITYSCAPES,
    "cityscapes/semantic_segmentation": dataclasses.replace(
        _CITYSCAPES, expected_counts=(("train", 2975), ("eval", 500), ("test", 1525))
    ),
    "coco/2017_panoptic": Ready(
        Layout("image", instance="panoptic_image", segments="panoptic_objects"),
        like="coco_panoptic",
        expected_counts=(("train", 118287), ("eval", 5000)),
    ),
    # The maps of its instances: red is one of the 100 countable classes, green tells the instances apart.
    "scene_parse150": Ready(
        Layout("image", "annotation:0", "annotation:1"),
        like="ade20k_panoptic",
        things_only=True,
        expected_counts=(("train", 20210), ("eval", 2000)),
    ),
    "oxford_iiit_pet": Ready(
        Layout("image", "segmentation_mask"),
        like="oxford_iiit_pet",
        splits=(("train", "train"), ("eval", "train")),
        expected_counts=(("test", 3669),),
    ),
    "toy_streets": Ready(Layout("image", "semantic", "instance", "objects"), like="toy_streets"),
}
# Builders that people expect maps of, and that have none.
WITHOUT_MAPS = {
    "voc": "TensorFlow Datasets keeps the boxes of PASCAL VOC and leaves out its segmentation masks. Convert VOC from "
    "its own files: `segline convert voc --data_dir VOCdevkit`.",
    "coco/2014": "It has boxes alone; `tfds:coco/2017_panoptic` has masks.",
    "coco/2017": "It has boxes alone; `tfds:coco/2017_panoptic` has masks.",
}


def ready(prepared: files.Prepared) -> Ready | None:
    """What is known of the builder."""
    return READY.get(prepared.builder) or READY.get(prepared.name)


def choose(prepared: files.Prepared, named: Layout) -> Layout:
    """The features to read: those that the user named, for the others what is known of the builder, or a guess.

    Raises:
      UserError: a feature is not there or is of another kind, or none is a map.
    """
    known = ready(prepared)
    told = {field: value for field, value in dataclasses.asdict(named).items() if value}
    if known:
        layout = dataclasses.replace(known.layout, **told)
    else:
        layout = dataclasses.replace(Layout(image=_image(prepared, named)), **told)
        if not (layout.semantic or layout.instance or layout.segments):
            layout = dataclasses.replace(layout, semantic=_semantic(prepared))
    _check(prepared, layout)
    return layout


def is_map(feature: files.Feature) -> bool:
    """Whether a feature is one image of one channel of whole numbers."""
    return feature.kind == "image" and not feature.in_list and feature.channels == 1 and feature.dtype in INTEGERS


def part(name: str) -> tuple[str, int | None]:
    """(feature, channel) of "annotation:0"; no channel where none is told."""
    feature, colon, channel = name.partition(":")
    if colon and not channel.isdigit():
        raise errors.UserError(f"`{name}`: expected FEATURE or FEATURE:CHANNEL, such as `annotation:0`.")
    return feature, int(channel) if colon else None


def _image(prepared: files.Prepared, named: Layout) -> str:
    """The only colour image, or the one that is called so."""
    colours = [
        name
        for name, feature in prepared.features.items()
        if feature.kind == "image" and not feature.in_list and feature.channels in (0, 3) and name != named.instance
    ]
    if named.image or len(colours) == 1:
        return named.image or colours[0]
    if USUAL_IMAGE in colours:
        return USUAL_IMAGE
    raise errors.UserError(_name_them(prepared, "image", colours, "colour images"))


def _semantic(prepared: files.Prepared) -> str:
    """The only map with classes; without such, the only image of one channel."""
    maps = {name: feature for name, feature in prepared.features.items() if is_map(feature)}
    with_classes = [name for name, feature in maps.items() if feature.num_classes]
    found = with_classes or list(maps)
    if len(found) == 1:
        return found[0]
    hint = WITHOUT_MAPS.get(prepared.builder) or WITHOUT_MAPS.get(prepared.name, "")
    raise errors.UserError(f"{_name_them(prepared, 'semantic', found, 'maps of one channel')} {hint}".strip())


def _name_them(prepared: files.Prepared, field: str, found: list[str], what: str) -> str:
    several = f"{len(found)} {what}, {', '.join(found)}" if found else f"no {what}"
    return (
        f"`{prepared.builder}` has {several}; name the feature that is meant: `--{field} FEATURE`. "
        f"Its features: {', '.join(prepared.features)}."
    )


def _check(prepared: files.Prepared, layout: Layout) -> None:
    """Raises UserError where a named feature is not there, or is no map of whole numbers."""
    for field in ("image", "semantic", "instance"):
        name, channel = part(getattr(layout, field))
        if not name:
            continue
        feature = prepared.features.get(name)
        if feature is None:
            message = registry.unknown(f"the features of {prepared.builder}", name, prepared.features)
            raise errors.UserError(f"`{field}`: {message}")
        who = f"`{field}`: the feature `{name}` of {prepared.builder}"
        if feature.kind != "image" or feature.in_list or feature.dtype not in INTEGERS:
            kind = f"{'a list of ' if feature.in_list else ''}{feature.kind} {feature.dtype}".strip()
            raise errors.UserError(f"{who} is {kind}; expected one image of whole numbers.")
        if channel is not None and feature.channels and channel >= feature.channels:
            raise errors.UserError(f"{who} has {feature.channels} channels, from 0; `{channel}` is none of them.")
    if layout.segments and f"{layout.segments}/label" not in prepared.features:
        message = registry.unknown(f"the features of {prepared.builder}", f"{layout.segments}/label", prepared.features)
        raise errors.UserError(f"`segments`: {message}")
