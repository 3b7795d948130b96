"""OpenSurfaces: photos of interiors in which surfaces are told apart by material and by the object they belong to.

    data_dir/opensurfaces/*.json     the release: photos, shapes in them, materials and names
    data_dir/photos/ID.jpg           the photos, fetched by the release's own script
The shapes are drawn here at each photo's own size. Without the JSON files, the maps are those which the script renders:
    data_dir/photos-labels/ID.png    R = material, G = name, B = scene; as large as the photos
    data_dir/label-{substance,name}-colors.csv

The release has no splits: keys decide. The JSON of photo and shapes is the annotation of an Example; its maps are
`shape`, the place of a shape in the order of drawing, and whichever of `substance` and `name` is not learnt.
"""

import csv
import dataclasses
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, labels, raw_files, registry
from seg_models.raw import category_table, hold_out, open_surfaces_release, pairing

RELEASE = ("opensurfaces/photos.photo.json", "photos.photo.json")
SPLITS = ("train", "eval")
# `classes` -> table of materials.
TABLES = {"45": "open_surfaces_45", "25": "open_surfaces_25"}
OBJECTS = "objects"
# What is called a kind's value in the tables that the script writes.
COLUMNS = {
    "substance": ("label-substance-colors.csv", "substance_name", "red_color"),
    "name": ("label-name-colors.csv", "name_name", "green_color"),
}
# A photo whose sides are turned has another shape than the release says.
ASPECT_TOLERANCE = 0.02
URL = "http://opensurfaces.cs.cornell.edu"


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is and what is learnt.

    Attributes:
      data_dir: the folder with photos, and opensurfaces or photos-labels.
      classes: "45" materials as annotated, "25" as Xiao et al. (Unified perceptual parsing, 2018) merge them, or
        "objects": the names of the objects that surfaces belong to.
      eval_fraction: of the photos.
    """

    data_dir: str = ""
    classes: str = "45"
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        registry.check("`classes` of open_surfaces", self.classes, (*TABLES, OBJECTS))
        hold_out.check(self.eval_fraction)


def info(config: Config) -> dataset.DatasetInfo:
    """The chosen classes. A surface is no thing: a chair has several."""
    if config.classes == OBJECTS:
        named = _named(_root(config), "name")
        colors = map(dataset.palette_color, range(len(named)))
        categories = tuple(dataset.Category(text, color) for text, color in zip(named.values(), colors))
        raw_values = ((0, None), *((value, place) for place, value in enumerate(named)))
    else:
        categories, raw_values = category_table.read(TABLES[config.classes])
    return dataset.DatasetInfo(
        name="open_surfaces",
        categories=categories,
        raw_values=raw_values,
        licence="Photos: each its own, some with all rights reserved (photos.csv); annotations: see the release.",
        citation="Bell, Upchurch, Snavely, Bala: OpenSurfaces: A richly annotated catalog of surface appearance, "
        "ACM Transactions on Graphics 32(4), 2013",
        url=URL,
    )


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The photos of a split that have shapes, keyed by their numbers."""
    registry.check("the splits of open_surfaces", split, SPLITS)
    root = _root(config)
    _check_materials(root)
    release = _release(root)
    if release is None:
        sources = [pairing.Source("image", root / "photos"), pairing.Source("mask", root / "photos-labels")]
        listed = pairing.items(sources)
    else:
        listed = [
            dataset.Item(str(key), (("image", str(root / "photos" / f"{key}.jpg")),), zlib.compress(annotation))
            for key, annotation in open_surfaces_release.photos(release)
        ]
    yield from hold_out.part(sorted(listed, key=lambda item: item.key), split, config.eval_fraction)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads one photo and draws its shapes, or reads their map."""
    example = pairing.load_image(item)
    described = info(config)
    learnt, other = ("name", "substance") if config.classes == OBJECTS else ("substance", "name")
    if not item.annotation:
        path = item.path("mask")
        colors = image_files.read_raw_mask(path)
        image_files.check_same_size(colors, example.height, example.width, path, item.path("image"))
        kinds = {"substance": colors >> 16, "name": colors >> 8 & 255}
        example = dataclasses.replace(example, maps={other: kinds[other], "scene": colors & 255})
        return labels.annotated(example, labels.of(kinds[learnt], described, path))
    annotation = zlib.decompress(item.annotation)
    aspect, shapes = open_surfaces_release.parse(annotation, item.key)
    drawn = open_surfaces_release.draw(shapes, example.height, example.width)
    kinds = {kind: _values(config, kind, shapes)[drawn] for kind in open_surfaces_release.KINDS}
    example = dataclasses.replace(
        example,
        annotation=annotation,
        maps={other: kinds[other], "shape": drawn},
        findings=tuple(_turned(item, example, aspect)),
    )
    return labels.annotated(example, labels.of(kinds[learnt], described, f"shapes of photo {item.key}"))


def found(config: Config) -> str:
    """Which of the layouts, and where."""
    root = _root(config)
    release = _release(root)
    return f"OpenSurfaces as JSON in {release}" if release else f"OpenSurfaces as maps in {root / 'photos-labels'}"


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The map as it came, where it came as one."""
    if "mask" in dict(item.paths):
        maps = {"substance": example.raw, "name": example.raw, **example.maps}
        substance, name, scene = (np.asarray(maps[each], np.int32) for each in ("substance", "name", "scene"))
        yield item.path("mask"), substance << 16 | name << 8 | scene


def _turned(item: dataset.Item, example: dataset.Example, aspect: float) -> Iterator[dataset.Finding]:
    """A finding where the photo is not as wide for its height as it was for those who annotated it."""
    if abs(example.width / example.height / aspect - 1) > ASPECT_TOLERANCE:
        was = f"{example.width}x{example.height}; when it was annotated, its width was {aspect:.3f} of its height"
        text = f"{item.path('image')}: the photo is {was}, so the shapes do not fit. Turn its pixels upright."
        yield dataset.Finding("orientation", text)


def _values(config: Config, kind: str, shapes: tuple[open_surfaces_release.Shape, ...]) -> np.ndarray:
    """int32 [shapes + 1]: the value in the maps of each shape's substance or name; 0 for none, which comes first."""
    known = open_surfaces_release.names(_release(_root(config)), kind)
    keys = [getattr(shape, kind) for shape in shapes]
    return np.array([0, *(known[key][0] if key in known else 0 for key in keys)], np.int32)


def _named(root: Path, kind: str) -> dict[int, str]:
    """Value in the maps -> name of a substance or an object, by value."""
    release = _release(root)
    if release is not None:
        return dict(sorted(open_surfaces_release.names(release, kind).values()))
    table, name, value = COLUMNS[kind]
    text = raw_files.read(root / table).decode("utf-8")
    try:
        return dict(sorted((int(row[value]), row[name]) for row in csv.DictReader(io.StringIO(text))))
    except (KeyError, TypeError, ValueError):
        raise errors.UserError(f"{root / table}: expected the columns {name} and {value} (numbers).") from None


def _check_materials(root: Path) -> None:
    """Raises UserError where the materials are not those whose values the tables know."""
    published = [category.name for category in category_table.read(TABLES["45"]).categories]
    found_here = list(_named(root, "substance").values())
    if found_here != published:
        odd = sorted(set(found_here) ^ set(published)) or ["another order"]
        raise errors.UserError(f"{root}: expected the {len(published)} materials of release 0; not: {', '.join(odd)}.")


def _root(config: Config) -> Path:
    """The folder with the photos."""
    root = raw_files.root(config.data_dir, "open_surfaces")
    is_annotated = _release(root) is not None or raw_files.is_folder(root / "photos-labels")
    if not is_annotated or not raw_files.is_folder(root / "photos"):
        raise errors.UserError(
            f"{root}: not OpenSurfaces; expected the folder photos, and opensurfaces with the release's JSON files or "
            f"photos-labels. Get the release from {URL}; its script fetches the photos."
        )
    return root


def _release(root: Path) -> Path | None:
    """The folder with the JSON files of the release."""
    found_at = raw_files.place(root, *RELEASE)
    return found_at.parent if found_at else None
