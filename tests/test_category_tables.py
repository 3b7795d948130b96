"""The category tables against what is published of them: order, things, and rules that a mistake would break."""

import hashlib

import pytest

from seg_models.datasets import ade20k, camvid_full, coco, coco_panoptic, oxford_iiit_pet
from seg_models.datasets import pascal_context, sun_rgbd, voc
from seg_models.raw import category_table

SUN_RGBD = """wall floor cabinet bed chair sofa table door window bookshelf picture counter blinds desk shelves curtain
dresser pillow mirror floor_mat clothes ceiling books fridge tv paper towel shower_curtain box whiteboard person
night_stand toilet sink lamp bathtub bag"""
VOC = """background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person
pottedplant sheep sofa train tvmonitor"""
# The 53 kinds of stuff of COCO panoptic: some as in COCO-Stuff, some merged of several.
COCO_PANOPTIC_STUFF = """banner blanket bridge cardboard counter curtain door-stuff floor-wood flower fruit gravel house
light mirror-stuff net pillow platform playingfield railroad river road roof sand sea shelf snow stairs tent towel
wall-brick wall-stone wall-tile wall-wood water-other window-blind window-other tree-merged fence-merged ceiling-merged
sky-other-merged cabinet-merged table-merged floor-other-merged pavement-merged mountain-merged grass-merged dirt-merged
paper-merged food-other-merged building-other-merged rock-merged wall-other-merged rug-merged"""
# Values of the 59 frequent classes of PASCAL Context among the 459, as every converter of the data set lists them.
CONTEXT_59 = """2 9 18 19 22 23 25 31 33 34 44 45 46 59 65 68 72 80 85 98 104 105 113 115 144 158 159 162 187 189 207
220 232 258 259 260 284 295 296 308 324 326 347 349 354 355 360 366 368 397 415 416 420 424 427 440 445 454 458"""
WITHOUT_INSTANCES = "camvid_full open_surfaces_25 open_surfaces_45 oxford_iiit_pet pascal_context sun_rgbd".split()
# Tables that were compared row by row with what is published: sha256 of their bytes, the first 16 digits.
COMPARED = {
    "ade20k": "642485cd9220369e",
    "camvid_full": "a8d6a1923f1648da",
    "cityscapes": "031fa0fb9e6742a5",
    "coco": "ab2753cabf5e08c7",
    "coco_panoptic": "c7520e10a79e0659",
    "coco_stuff": "397eb959b448a5bb",
}


def names(table: str) -> list[str]:
    return [category.name for category in category_table.read(table).categories]


def things(table: str) -> list[str]:
    return [category.name for category in category_table.read(table).categories if category.is_thing]


def values(table: str) -> dict[str, int]:
    """Name -> its lowest raw value, in the order of these."""
    read, found = category_table.read(table), {}
    for raw, train_id in read.raw_values:
        if train_id is not None:
            found.setdefault(read.categories[train_id].name, raw)
    return found


@pytest.mark.parametrize("table", COMPARED)
def test_compared_tables_are_as_they_were(table: str) -> None:
    path = category_table.__file__.replace("category_table.py", f"category_tables/{table}.csv")
    with open(path, "rb") as file:
        assert hashlib.sha256(file.read()).hexdigest()[:16] == COMPARED[table], "compare it with its source again"


def test_lists_of_names() -> None:
    assert names("sun_rgbd") == list(sun_rgbd.INFO.names) == SUN_RGBD.split()
    assert list(voc.info(voc.Config()).names) == VOC.split()
    assert [name for name in names("coco_panoptic") if name not in names("coco")] == COCO_PANOPTIC_STUFF.split()
    assert coco_panoptic.PUBLISHED.categories[:80] == coco.PUBLISHED.categories


@pytest.mark.parametrize("table", ["pascal_context", "open_surfaces_45", "oxford_iiit_pet"])
def test_tables_in_the_order_of_the_alphabet(table: str) -> None:
    found = values(table)
    assert list(found.values()) == list(range(1, len(found) + 1))
    assert list(found) == sorted(found, key=str.lower)


def test_the_stuff_of_coco_is_in_the_order_of_the_alphabet() -> None:
    found = values("coco_stuff")
    assert list(found.values())[80:] == list(range(92, 183)) and max(list(found.values())[:80]) == 90
    assert list(found)[80:] == sorted(list(found)[80:])
    merged = {name: value for name, value in values("coco_panoptic").items() if not name.endswith("-merged")}
    assert merged.items() <= found.items(), "what is not merged kept its id"


def test_full_ade20k_is_in_the_order_of_the_alphabet_but_for_later_names() -> None:
    # What was added to the first 3,100 names got the numbers after them.
    found = [name for name, value in values("ade20k_full_847").items() if value <= 3100]
    assert found == sorted(found, key=str.lower)
    known = {value: name for name, value in values("ade20k_full_847").items()}
    both = [(name, known[value]) for name, value in values("ade20k_full_150").items() if value in known]
    assert len(both) > 140
    assert all(one.split(",")[0] in other or other.split(",")[0] in one for one, other in both)
    ours, challenge = (category_table.read(table).categories for table in ("ade20k_full_150", "ade20k"))
    assert [(each.name, each.color) for each in ours] == [(each.name, each.color) for each in challenge]


def test_the_59_of_pascal_context() -> None:
    found = values("pascal_context")
    assert sorted(found[name] for name in pascal_context.FREQUENT) == [int(value) for value in CONTEXT_59.split()]


def test_what_is_countable() -> None:
    for table in WITHOUT_INSTANCES:
        assert things(table) == []
    for table in ("ade20k_full_150", "ade20k_full_847"):
        assert things(table) == names(table)
    for table in ("nyu_depth_v2_13", "nyu_depth_v2_40", "nyu_depth_v2_894"):
        assert set(names(table)) - set(things(table)) == {"wall", "floor", "ceiling"}
    for table in ("coco", "coco_stuff", "coco_panoptic"):
        assert things(table) == names("coco") and all(values(table)[name] <= 90 for name in things(table))
    assert len(things("ade20k")) == 100 and not ade20k.INFO.thing_ids
    assert things("cityscapes") == names("cityscapes")[24:]


def test_colours_are_the_values_of_camvids_maps() -> None:
    for raw, train_id in category_table.read("camvid_full").raw_values:
        red, green, blue = (0, 0, 0) if train_id is None else camvid_full.INFO.categories[train_id].color
        assert raw == red * 65536 + green * 256 + blue


def test_the_breeds_are_25_dogs_and_12_cats() -> None:
    # File names of cats begin with a capital letter.
    assert sum(name[0].isupper() for name in oxford_iiit_pet.breeds()) == 12 and len(oxford_iiit_pet.breeds()) == 37


def test_25_materials_are_merged_of_45() -> None:
    full = {value: name.lower() for name, value in values("open_surfaces_45").items()}
    merged = [pair for pair in category_table.read("open_surfaces_25").raw_values if pair[1] is not None]
    told = {full[raw]: names("open_surfaces_25")[train_id] for raw, train_id in merged}
    others = {"granite/marble": "polished stone", "concrete": "stone"}
    assert all(full_name.startswith(name) or others[full_name] == name for full_name, name in told.items())
    assert (len(full), len(set(told.values())), len(told)) == (45, 25, 27) and told["plastic - clear"] == "plastic"
