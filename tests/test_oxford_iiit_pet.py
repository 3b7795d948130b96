"""oxford_iiit_pet: trimaps as pet, species and breeds; lists; images that are no JPEG."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, errors, image_files, records
from seg_models.datasets import oxford_iiit_pet
from tests.raw_trees import oxford_iiit_pet as tree

# The position of each image in its list is the seed of its trimap.
ENTRIES = {
    key: (seed, breed, species)
    for entries in (tree.TRAINVAL, tree.TEST)
    for seed, (key, breed, species, _) in enumerate(entries)
}


def load_all(config: oxford_iiit_pet.Config) -> dict[str, dataset.Example]:
    found = [item for split in ("train", "eval", "test") for item in oxford_iiit_pet.items(config, split)]
    return {item.key: oxford_iiit_pet.load(config, item) for item in found}


def test_lists_say_what_is_where(tmp_path: Path) -> None:
    config = oxford_iiit_pet.Config(str(tree.make(tmp_path)))
    keys = {split: [item.key for item in oxford_iiit_pet.items(config, split)] for split in ("train", "eval", "test")}
    assert sorted(keys["train"] + keys["eval"]) == sorted(entry[0] for entry in tree.TRAINVAL)
    assert keys["eval"] and keys["test"] == ["pug_3"]


@pytest.mark.parametrize("classes", ["trimap", "species", "breeds"])
@pytest.mark.parametrize("border", ["void", "class"])
def test_classes(tmp_path: Path, classes: str, border: str) -> None:
    config = oxford_iiit_pet.Config(str(tree.make(tmp_path)), classes, border)
    info = oxford_iiit_pet.info(config)
    last = info.void if border == "void" else info.num_categories - 1
    for key, example in load_all(config).items():
        seed, breed, species = ENTRIES[key]
        pet = {"trimap": 1, "species": species, "breeds": breed}[classes]
        trimap = tree.trimap(seed)
        np.testing.assert_array_equal(example.semantic, np.select([trimap == 1, trimap == 2], [pet, 0], last))
        names = {"trimap": "pet", "species": ("cat", "dog")[species - 1], "breeds": key.rpartition("_")[0]}
        assert info.names[pet] == names[classes]
        decoded = records.decode(records.encode(example))
        item = dataset.Item(key, (("trimap", "t.png"),))
        np.testing.assert_array_equal(next(oxford_iiit_pet.restore(config, item, decoded))[1], trimap)


def test_a_gif_called_jpg_becomes_a_png_and_is_found(tmp_path: Path) -> None:
    examples = load_all(oxford_iiit_pet.Config(str(tree.make(tmp_path))))
    example = examples["Abyssinian_34"]
    assert example.image_format == "png"
    native = np.asarray(Image.open(tmp_path / "images" / "Abyssinian_34.jpg").convert("RGB"))
    np.testing.assert_array_equal(image_files.decode_rgb(example.image_bytes), native)
    assert {key for key, example in examples.items() if example.findings} == {"Abyssinian_34"}
    assert examples["Abyssinian_1"].annotation.startswith(b"Abyssinian_1 1 1 1\n<annotation>")
    assert examples["pug_3"].image_bytes == (tmp_path / "images" / "pug_3.jpg").read_bytes()


@pytest.mark.parametrize(
    ("line", "said"),
    [("pug_3 26 2", "is not a name"), ("pug_3 38 2 1", "a class of 1 to 37"), ("pug_3 26 3 1", "a species 1 or 2")],
)
def test_a_wrong_line_is_refused(tmp_path: Path, line: str, said: str) -> None:
    tree.make(tmp_path)
    (tmp_path / "annotations" / "test.txt").write_text(f"#Image CLASS-ID SPECIES BREED ID\n{line}\n")
    with pytest.raises(errors.DataError, match=f"test.txt: .*{said}"):
        load_all(oxford_iiit_pet.Config(str(tmp_path)))


def test_a_name_that_is_not_its_class_is_found(tmp_path: Path) -> None:
    tree.make(tmp_path)
    (tmp_path / "annotations" / "test.txt").write_text("pug_3 5 2 1\n")
    findings = load_all(oxford_iiit_pet.Config(str(tmp_path)))["pug_3"].findings
    assert [finding.kind for finding in findings] == ["category"] and "is the class beagle" in findings[0].text


def test_a_path_in_a_list_is_refused(tmp_path: Path) -> None:
    tree.make(tmp_path)
    (tmp_path / "annotations" / "test.txt").write_text("../../pug_3 26 2 1\n")
    with pytest.raises(errors.DataError, match="is refused"):
        load_all(oxford_iiit_pet.Config(str(tmp_path)))


def test_unknown_choices_name_the_known() -> None:
    with pytest.raises(errors.UserError, match="No `breed` among the choices of `classes`. Did you mean `breeds`"):
        dataclasses.replace(oxford_iiit_pet.Config(), classes="breed")
