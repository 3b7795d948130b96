"""Oxford-IIIT Pet: cats and dogs of 37 breeds, about 200 photographs each, one pet outlined in each.

    data_dir/images/Abyssinian_100.jpg
    data_dir/annotations/trimaps/Abyssinian_100.png     1 = pet, 2 = background, 3 = border, not classified
    data_dir/annotations/{trainval,test}.txt            `NAME CLASS SPECIES BREED`: 1..37, 1 cat or 2 dog, 1..25
    data_dir/annotations/xmls/Abyssinian_100.xml        box of the head; of trainval alone, optional

Of the published images, ten are PNGs or GIFs called .jpg (Abyssinian_5 and _34, Egyptian_Mau_14, _139, _145, _156,
_167, _177, _186 and _191): the former are kept, the latter become PNGs; both are found. 41 images are in no list, and
left out.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seg_models import dataset, errors, image_files, labels
from seg_models import raw_files, registry
from seg_models.raw import category_table, hold_out
from seg_models.raw import other_formats

PET, BACKGROUND, BORDER = 1, 2, 3
# A pet's raw value is this and its species or breed, where classes are wanted.
CLASS = 100
LISTS = {"train": "trainval.txt", "eval": "trainval.txt", "test": "test.txt"}
SPECIES = ("cat", "dog")
CHOICES = {"classes": ("trimap", "species", "breeds"), "border": ("void", "class")}


@dataclasses.dataclass(frozen=True)
class Config:
    """Where it is, what is learnt and how it is split.

    Attributes:
      data_dir: the folder with images and annotations.
      classes: "trimap": pet and background; "species": cat, dog and background; "breeds": 37 and background.
      border: "void": the border counts for nothing, as its authors did not classify it; "class": it is learnt as the
        last class, as tutorials do.
      eval_fraction: of the images in trainval.txt; which ones depends on their names alone.
    """

    data_dir: str = ""
    classes: str = "trimap"
    border: str = "void"
    eval_fraction: float = 0.2

    def __post_init__(self) -> None:
        hold_out.check(self.eval_fraction)
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise errors.UserError(registry.unknown(f"the choices of `{name}`", getattr(self, name), known))


def info(config: Config) -> dataset.DatasetInfo:
    """The classes that are wanted."""
    names = {"trimap": ("pet",), "species": SPECIES, "breeds": breeds()}[config.classes]
    first = PET if config.classes == "trimap" else CLASS + 1
    raw_values = [(BACKGROUND, 0), *((first + place, place + 1) for place in range(len(names)))]
    raw_values.append((BORDER, None if config.border == "void" else len(names) + 1))
    every = ("background", *names, *(("border",) if config.border == "class" else ()))
    return dataset.DatasetInfo(
        name="oxford_iiit_pet",
        categories=tuple(dataset.Category(name, dataset.palette_color(place)) for place, name in enumerate(every)),
        raw_values=tuple(sorted(raw_values)),
        splits=tuple(LISTS),
        expected_counts=(("test", 3669),),
        licence="CC BY-SA 4.0; the images' copyright is their owners'",
        citation="Parkhi, Vedaldi, Zisserman, Jawahar: Cats and dogs, CVPR 2012",
        url="https://www.robots.ox.ac.uk/~vgg/data/pets",
    )


def breeds() -> tuple[str, ...]:
    """The names of the breeds, in the order of their ids from 1 on."""
    return tuple(category.name for category in category_table.read("oxford_iiit_pet").categories)


def items(config: Config, split: str) -> Iterator[dataset.Item]:
    """The images that the list of a split names; of trainval, the held-out ones are eval."""
    registry.check("the splits of oxford_iiit_pet", split, LISTS)
    root = raw_files.root(config.data_dir, "oxford_iiit_pet")
    images, annotations = raw_files.place(root, "images"), raw_files.place(root, "annotations")
    if images is None or annotations is None:
        raise errors.UserError(
            f"{root}: not Oxford-IIIT Pet; expected the folders images and annotations. "
            f"Get them from {info(config).url}."
        )
    lines = [line for line in raw_files.lines(annotations / LISTS[split]) if not line.startswith("#")]
    lines.sort(key=lambda line: line.split()[0])
    heads, every = set(raw_files.names(annotations / "xmls")), []
    for line in lines:
        name = line.split()[0]
        paths = [("image", images, ".jpg"), ("trimap", annotations / "trimaps", ".png")]
        if f"{name}.xml" in heads:
            paths.append(("head", annotations / "xmls", ".xml"))
        found = tuple((role, str(raw_files.inside(folder, name + ending))) for role, folder, ending in paths)
        every.append(dataset.Item(name, (*found, ("list", str(annotations / LISTS[split]))), line.encode()))
    yield from every if split == "test" else hold_out.part(every, split, config.eval_fraction)


def load(config: Config, item: dataset.Item) -> dataset.Example:
    """Reads an image and its trimap, in the classes that are wanted."""
    line, path, trimap_path = item.annotation.decode(), item.path("image"), item.path("trimap")
    breed, species = _classes(line, item.path("list"))
    encoded, image_format, height, width = other_formats.read_image(path, page=0)
    findings = []
    if image_format == "png":
        findings.append(dataset.Finding("image", f"{path}: no JPEG for all its name; kept as PNG."))
    if breeds()[breed - 1] != item.key.rpartition("_")[0]:
        told = f"`{line}` is the class {breeds()[breed - 1]}"
        findings.append(dataset.Finding("category", f"{item.path('list')}: {told}; its name says otherwise."))
    if config.classes == "trimap":
        trimap = labels.read(trimap_path, info(config))
    else:
        values = labels.read(trimap_path, _TRIMAP).raw
        wanted = CLASS + (species if config.classes == "species" else breed)
        trimap = labels.of(np.where(values == PET, wanted, values), info(config), trimap_path)
    image_files.check_same_size(trimap.semantic, height, width, trimap_path, path)
    example = dataset.Example(
        key=item.key,
        image_bytes=encoded,
        image_format=image_format,
        height=height,
        width=width,
        annotation=_text(item),
        findings=tuple(findings),
    )
    return labels.annotated(example, trimap)


def restore(config: Config, item: dataset.Item, example: dataset.Example) -> Iterator[tuple[str, np.ndarray]]:
    """The trimap."""
    yield item.path("trimap"), np.where(example.raw > CLASS, PET, example.raw)


def _text(item: dataset.Item) -> bytes:
    """The line of the list and, below it, the box of the head where there is one."""
    if "head" not in dict(item.paths):
        return item.annotation
    head = raw_files.read(item.path("head"))
    if b"</annotation>" not in head:
        raise errors.DataError(f"{item.path('head')}: not the box of a head in XML, or truncated. Get it again.")
    return item.annotation + b"\n" + head


def _classes(line: str, path: str) -> tuple[int, int]:
    """(class id from 1 on, species 1 or 2) in a line of a list."""
    numbers = line.split()[1:]
    if len(numbers) == 3 and all(number.isdecimal() for number in numbers):
        breed, species = int(numbers[0]), int(numbers[1])
        if 1 <= breed <= len(breeds()) and 1 <= species <= len(SPECIES):
            return breed, species
    raise errors.DataError(
        f"{path}: `{line}` is not a name, a class of 1 to {len(breeds())}, a species 1 or 2 and a breed."
    )


# The values that a trimap file may have, whatever is learnt.
_TRIMAP = info(Config())
