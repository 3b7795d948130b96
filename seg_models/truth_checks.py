"""Looks at one Example for what makes training go wrong: doubts about the image, its maps and its objects.

Data sets report what only their files can tell, such as a JSON's areas; here is what every annotation must hold to.
Numpy and PIL only.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from seg_models import dataset, errors, image_files

# A box of pixels, a count or a class is named at most this often in a sentence.
NAMED = 5
DEEP = ("I", "I;16", "I;16B")


def findings(example: dataset.Example, info: dataset.DatasetInfo, place: str) -> Iterator[dataset.Finding]:
    """All that is found, the data set's own findings first.

    Args:
      example: as a data set gives it, or as a record holds it.
      info: of the data set.
      place: what the sentences begin with, such as the path of the image.
    """
    yield from example.findings
    yield from _image(example, place)
    wrong_sizes = list(_sizes(example, place))
    yield from wrong_sizes
    # Maps of different sizes cannot be laid over one another.
    if not wrong_sizes:
        yield from _semantic(example, info, place)
        yield from _instances(example, info, place)
        yield from _objects(example, info, place)
        yield from _overlaps(example, info, place)


def place_of(item: dataset.Item) -> str:
    """What a sentence about an item begins with: the path of its image, or its key where it is made from nothing."""
    return dict(item.paths).get("image", item.key)


def _image(example: dataset.Example, place: str) -> Iterator[dataset.Finding]:
    """The pixels, decoded wholly; conversion looks at a file's structure alone."""
    try:
        image = image_files.opened(example.image_bytes, place)
        image.load()
    except (errors.DataError, OSError, SyntaxError, ValueError) as error:
        text = str(error) if str(error).startswith(place) else f"{place}: the image cannot be decoded ({error})."
        yield dataset.Finding("error", text)
        return
    if (image.height, image.width) != (example.height, example.width):
        size = f"{image.width}x{image.height}, not {example.width}x{example.height} as told"
        yield dataset.Finding("error", f"{place}: the image is {size}.")
    orientation = image_files.orientation(example.image_bytes)
    if orientation != 1:
        yield dataset.Finding(
            "orientation",
            f"{place}: the EXIF orientation is {orientation}; training takes the pixels as they are stored, unturned. "
            "Check that the annotation was made that way.",
        )
    if image.mode in DEEP:
        yield dataset.Finding("image", f"{place}: 16 bits a channel; training takes the high 8.")
    if image.mode in ("RGBA", "LA") and image.getchannel("A").getextrema()[0] < 255:
        yield dataset.Finding("image", f"{place}: the image is transparent in part; training ignores that.")


def _sizes(example: dataset.Example, place: str) -> Iterator[dataset.Finding]:
    """Maps and masks that have not the size of the image."""
    named = {"semantic map": example.semantic, "raw map": example.raw, "instance map": example.instance}
    named |= {f"map {name}": values for name, values in example.maps.items()}
    for number, thing in enumerate(example.objects):
        named |= {f"mask of object {number}": thing.mask, f"amodal mask of object {number}": thing.amodal}
    for name, values in named.items():
        if values is not None and values.shape != (example.height, example.width):
            shape = "x".join(str(side) for side in reversed(values.shape))
            size = f"{example.width}x{example.height}"
            yield dataset.Finding("error", f"{place}: the {name} is {shape}, the image {size}.")


def _semantic(example: dataset.Example, info: dataset.DatasetInfo, place: str) -> Iterator[dataset.Finding]:
    if example.semantic is None:
        return
    counts = np.bincount(example.semantic.ravel(), minlength=info.void + 1)
    meant = {*range(info.num_categories), info.void}
    strange = [value for value in np.flatnonzero(counts).tolist() if value not in meant]
    if strange:
        shown = ", ".join(f"{value} on {counts[value]} pixels" for value in strange[:NAMED])
        known = f"0..{info.num_categories - 1} and void = {info.void}"
        yield dataset.Finding("error", f"{place}: the semantic map has {shown}; known are the train ids {known}.")
    if counts[info.void] == example.semantic.size:
        yield dataset.Finding("empty", f"{place}: no pixel is labelled, all are void; nothing is learned from it.")


def _instances(example: dataset.Example, info: dataset.DatasetInfo, place: str) -> Iterator[dataset.Finding]:
    """Whether the instance map, the objects and the semantic map tell the same story."""
    if example.instance is None:
        return
    areas = np.bincount(example.instance.ravel())
    listed = Counter(thing.instance for thing in example.objects if thing.instance)
    for instance, count in sorted(listed.items()):
        if count > 1:
            yield dataset.Finding("error", f"{place}: {count} objects have the instance {instance}.")
    for instance in sorted(set(np.flatnonzero(areas).tolist()) - {0} - set(listed)):
        text = f"instance {instance} of the instance map ({areas[instance]} pixels) belongs to no object"
        yield dataset.Finding("error", f"{place}: {text}.")
    if example.semantic is None:
        return
    categories = np.full(max(len(areas), max(listed, default=0) + 1), info.void, np.int64)
    for thing in example.objects:
        categories[thing.instance] = thing.category
    categories[0] = info.void
    told = categories[example.instance]
    wrong = (told != example.semantic) & (example.instance > 0) & (example.semantic != info.void)
    for instance in np.unique(example.instance[wrong]).tolist()[:NAMED]:
        pixels = wrong & (example.instance == instance)
        others = [_name(info, value) for value in np.unique(example.semantic[pixels]).tolist()[:NAMED]]
        yield dataset.Finding(
            "category",
            f"{place}: instance {instance} is {_name(info, int(categories[instance]))}, but {np.count_nonzero(pixels)} "
            f"of its pixels are {' and '.join(others)} in the semantic map.",
        )


def _objects(example: dataset.Example, info: dataset.DatasetInfo, place: str) -> Iterator[dataset.Finding]:
    areas = np.bincount(example.instance.ravel()) if example.instance is not None else np.zeros(1, int)
    for number, thing in enumerate(example.objects):
        if not 0 <= thing.category < info.num_categories:
            told = f"object {number} has the category {thing.category}; known: 0..{info.num_categories - 1}"
            yield dataset.Finding("error", f"{place}: {told}.")
            continue
        who = f"{place}: object {number} ({_name(info, thing.category)})"
        drawn = int(areas[thing.instance]) if 0 < thing.instance < len(areas) else 0
        if thing.instance and not drawn:
            yield dataset.Finding("error", f"{who} has the instance {thing.instance}, which no pixel of the map has.")
        elif not drawn and not _any(thing.mask) and not _any(thing.amodal):
            yield dataset.Finding("empty", f"{who} is listed, but has no pixel.")
        if thing.occlusion is not None and not 0 <= thing.occlusion <= 1:
            yield dataset.Finding("error", f"{who} has the occlusion {thing.occlusion}; expected 0..1.")
        if thing.amodal is not None:
            outside = np.count_nonzero(visible(example, thing) & ~thing.amodal)
            if outside:
                text = f"{outside} pixels of it are seen outside its whole extent, the amodal mask"
                yield dataset.Finding("amodal", f"{who}: {text}.")


def _overlaps(example: dataset.Example, info: dataset.DatasetInfo, place: str) -> Iterator[dataset.Finding]:
    """Objects that share pixels, where a panoptic format says that each pixel has one segment."""
    if "panoptic" not in info.tasks or "amodal" in info.tasks:
        return
    several = [thing for thing in example.objects if thing.annotator == 0 and not thing.is_crowd]
    if all(thing.mask is None for thing in several):
        return
    depth = np.zeros((example.height, example.width), np.int32)
    for thing in several:
        depth += visible(example, thing)
    shared = np.count_nonzero(depth > 1)
    if shared:
        masks = sum(thing.mask is not None for thing in several)
        text = f"{shared} pixels belong to two objects or more ({masks} objects have masks of their own)"
        yield dataset.Finding("overlap", f"{place}: {text}; in a panoptic data set each has one.")


def visible(example: dataset.Example, thing: dataset.Object) -> np.ndarray:
    """All that is annotated as seen of an object, bool [H, W]."""
    if thing.mask is not None:
        return thing.mask
    if example.instance is None or not thing.instance:
        return np.zeros((example.height, example.width), bool)
    return example.instance == thing.instance


def _any(mask: np.ndarray | None) -> bool:
    return mask is not None and bool(mask.any())


def _name(info: dataset.DatasetInfo, category: int) -> str:
    return info.names[category] if 0 <= category < info.num_categories else f"the unknown class {category}"
