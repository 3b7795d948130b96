"""Penn-Fudan pedestrians: upright people in 170 street photographs.

    data_dir/PennFudanPed/PNGImages/FudanPed00001.png          data_dir may be PennFudanPed itself, or hold its zip file
                         /PedMasks/FudanPed00001_mask.png      0 = background, 1.. = people
                         /Annotation/FudanPed00001.txt         boxes and poses in the PASCAL format; optional

The text says how many people are annotated, how each stands, and the box round each one's mask.
"""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import ndimage

from seg_models import dataset, errors, labels, raw_files, registry
from seg_models.raw import hold_out, pairing

PERSON = 1
# The published boxes count from 1 and were drawn by hand round the masks; a pixel or two beside is no fault.
TOLERANCE = 2
OBJECT = re.compile(r'^Original label for object (\d+) "([^"]*)"', re.MULTILINE)
BOX = re.compile(r"^Bounding box for object (\d+) .*: \((\d+), (\d+)\) - \((\d+), (\d+)\)", re.MULTILINE)

INFO = dataset.DatasetInfo(
    name="penn_fudan",
    categories=(
        dataset.Category("background", (0, 0, 0)),
        dataset.Category("person", (220, 20, 60), is_thing=True),
    ),
    raw_values=((0, 0), *((value, PERSON) for value in range(1, 256))),
    licence="None stated",
    citation="Wang, Shi, Song, Shen: Object detection combining recognition and segmentation, ACCV 2007",
    url="https://www.cis.upenn.edu/~jshi/ped_html",
    tasks=("semantic", "instance", "panoptic"),
)


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and how it is split.

    Attributes:
      data_dir: the folder PennFudanPed or the one above.
      eval_fraction: of the images; which ones depends on their names alone.
    """

    data_dir: str = ""
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images of a split with their masks and, where there are any, their texts."""
    registry.check("the splits of penn_fudan", split, INFO.splits)
    root = raw_files.root(config.data_dir, INFO.name)
    images = raw_files.place(root, "PennFudanPed/PNGImages", "PNGImages")
    if images is None:
        raise errors.UserError(
            f"{root}: not Penn-Fudan; expected the folders PNGImages and PedMasks, or PennFudanPed. "
            f"Get it from {INFO.url}."
        )
    texts = images.parent / "Annotation"
    known = {Path(name).stem for name in raw_files.names(texts)}
    sources = (pairing.Source("image", images), pairing.Source("mask", images.parent / "PedMasks", "_mask"))
    for item in hold_out.part(pairing.items(sources), split, config.eval_fraction):
        text = (("text", str(texts / f"{item.key}.txt")),) if item.key in known else ()
        yield dataclasses.replace(item, paths=(*item.paths, *text))


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image, its people and what the text says of them."""
    example = pairing.load(item, INFO)
    instance = example.raw.astype(np.int32)
    identities = np.flatnonzero(np.bincount(instance.ravel()))
    objects = [dataset.Object(PERSON, identity, source_id=identity) for identity in identities.tolist() if identity]
    text, findings = b"", ()
    if "text" in dict(item.paths):
        text = raw_files.read(item.path("text"))
        told = "\n".join(raw_files.lines(item.path("text")))
        names = {int(number): name for number, name in OBJECT.findall(told)}
        if not names:
            raise errors.DataError(f"{item.path('text')}: names no object; expected the PASCAL format.")
        objects = [dataclasses.replace(thing, name=names.get(thing.source_id, "")) for thing in objects]
        findings = tuple(_findings(instance, told, names, item.path("text")))
    return dataclasses.replace(example, instance=instance, objects=tuple(objects), annotation=text, findings=findings)


def _findings(instance: np.ndarray, told: str, names: dict[int, str], path: str) -> Iterator[dataset.Finding]:
    """Where a text and the people of int32 [H, W] contradict each other."""
    drawn = {number: place for number, place in enumerate(ndimage.find_objects(instance), 1) if place}
    for number in sorted(drawn.keys() ^ names.keys()):
        has, lacks = ("a mask", "no text") if number in drawn else ("a text", "no mask")
        yield dataset.Finding("id", f"{path}: object {number} has {has}, but {lacks}.")
    for number, *sides in (map(int, found) for found in BOX.findall(told)):
        if number not in drawn:
            continue
        rows, columns = drawn[number]
        left, top, right, bottom = columns.start + 1, rows.start + 1, columns.stop, rows.stop
        beyond = max(sides[0] - left, sides[1] - top, right - sides[2], bottom - sides[3])
        if beyond > TOLERANCE:
            yield dataset.Finding(
                "box",
                f"{path}: object {number}'s box ({sides[0]}, {sides[1]}) - ({sides[2]}, {sides[3]}) does not hold its "
                f"mask, which spans ({left}, {top}) - ({right}, {bottom}).",
            )
