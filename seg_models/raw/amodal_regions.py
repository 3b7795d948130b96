"""Semantic Amodal Segmentation, the annotation of COCOA and of BSDS amodal: regions drawn whole, nearest first.

An annotation is {"regions": [...]}. A region has `segmentation` (its whole outline), `order` (1 is nearest), `isStuff`,
`name`, `area`, `occlude_rate` and, where something hides a part of it, `visible_mask` and `invisible_mask`.
"""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, raw_files
from seg_models.raw import coco_images, overlap, pairing, rle

# Regions have names of the annotators' own and no classes. Stuff is drawn region by region, as things are, and has its
# place in the order of depth: both are countable here.
CATEGORIES = (dataset.Category("object", (220, 20, 60), True), dataset.Category("stuff", (60, 120, 200), True))
# The values of `isStuff`.
RAW_VALUES = ((0, 0), (1, 1))
TASKS = ("instance", "amodal")
CITATION = "Zhu, Tian, Metaxas, Dollar: Semantic Amodal Segmentation, CVPR 2017"
URL = "https://github.com/Wakeupbuddy/amodalAPI"
# The part of its area by which the hidden part may differ from `occlude_rate`.
TOLERANCE = 0.005


def items_of_pairs(folder: Path) -> Iterator[dataset.Item]:
    """The images of a folder that have a JSON of the same name beside them."""
    names = raw_files.names(folder)
    for name in names:
        stem, _, suffix = name.rpartition(".")
        if suffix == "json":
            images = [other for other in names if other.rpartition(".")[0] == stem and other != name]
            image = images[0] if images else f"{stem}.jpg"
            yield dataset.Item(stem, (("image", str(folder / image)), ("annotations", str(folder / name))))


def load(item: dataset.Item) -> dataset.Example:
    """Reads an image and its regions; several annotators of it are kept apart."""
    path = item.path("annotations")
    if item.annotation:
        content = coco_images.content(item)
        example, annotations = coco_images.load_image(item, content), content.annotations
    else:
        example = dataclasses.replace(pairing.load_image(item), annotation=raw_files.read(path))
        annotations = [raw_files.json(path)]
    objects: list[dataset.Object] = []
    findings: list[dataset.Finding] = []
    for annotator, annotation in enumerate(annotations):
        where = f"{path}: {item.key}" + (f", annotator {annotator + 1}" if len(annotations) > 1 else "")
        for region in _regions(annotation, where):
            made = _object(region, (example.height, example.width), where)
            objects.append(dataclasses.replace(made, annotator=annotator))
            findings += _findings(region, made, where)
    first = [thing for thing in objects if thing.annotator == 0]
    instance, seen = overlap.resolve(example.height, example.width, first)
    objects = (*seen, *objects[len(first) :])
    return dataclasses.replace(example, instance=instance, objects=objects, findings=tuple(findings))


def _regions(annotation: object, where: str) -> Sequence[dict[str, object]]:
    regions = annotation.get("regions") if isinstance(annotation, dict) else None
    if not isinstance(regions, list) or not all(isinstance(region, dict) for region in regions):
        raise errors.DataError(f"{where}: no `regions` in it; expected a list of them, as {URL} describes it.")
    return regions


def _object(region: dict[str, object], size: tuple[int, int], where: str) -> dataset.Object:
    """A region with all that is seen of it in `mask`."""
    where = _named(region, where)
    for name in ("segmentation", "isStuff", "order"):
        if name not in region:
            raise errors.DataError(f"{where}: no `{name}`; it has {', '.join(region)}.")
    if region["isStuff"] not in (0, 1) or not isinstance(region["order"], int) or region["order"] < 1:
        told = f"`isStuff` {region['isStuff']!r} and `order` {region['order']!r}"
        raise errors.DataError(f"{where}: has {told}; expected 0 or 1, and 1 for the nearest.")
    amodal = _mask(region["segmentation"], size, where)
    if "visible_mask" in region:
        visible = _mask(region["visible_mask"], size, where)
    elif "invisible_mask" in region:
        visible = amodal & ~_mask(region["invisible_mask"], size, where)
    else:
        visible = amodal
    rate = region.get("occlude_rate")
    if rate is not None and not isinstance(rate, (int, float)):
        raise errors.DataError(f"{where}: has `occlude_rate` {rate!r}; expected a number.")
    return dataset.Object(
        category=int(region["isStuff"]),
        instance=0,
        mask=visible,
        amodal=amodal,
        depth=region["order"] - 1,
        occlusion=None if rate is None else float(rate),
        name=str(region.get("name", "")),
    )


def _mask(segmentation: object, size: tuple[int, int], where: str) -> np.ndarray:
    """bool [H, W] of run lengths, or of one polygon or several."""
    is_one = isinstance(segmentation, list) and segmentation and not isinstance(segmentation[0], list)
    return rle.mask_of([segmentation] if is_one else segmentation, *size, where)


def _findings(region: dict[str, object], made: dataset.Object, where: str) -> Iterator[dataset.Finding]:
    """Where the numbers in the JSON are not what its masks come to."""
    where = _named(region, where)
    whole = int(np.count_nonzero(made.amodal))
    if "area" in region and region["area"] != whole:
        yield dataset.Finding("area", f"{where}: `area` is {region['area']}, but its outline holds {whole} pixels.")
    hidden = np.count_nonzero(made.amodal & ~made.mask) / max(whole, 1)
    if made.occlusion is not None and abs(made.occlusion - hidden) > TOLERANCE:
        text = f"`occlude_rate` is {made.occlusion:.3f}, but {hidden:.3f} of its pixels are hidden"
        yield dataset.Finding("area", f"{where}: {text}.")


def _named(region: dict[str, object], where: str) -> str:
    return f"{where}: region {region.get('order', '?')} ({json.dumps(region.get('name', ''), ensure_ascii=False)})"
