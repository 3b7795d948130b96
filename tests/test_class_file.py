"""class_file: what a user may write, and what is said of each mistake."""

from pathlib import Path

import pytest

from seg_models import dataset, errors
from seg_models.raw import class_file


def read(tmp_path: Path, text: str) -> class_file.ClassFile:
    path = tmp_path / "classes.yaml"
    path.write_text(text)
    return class_file.read(path)


def test_bare_names_count_from_0(tmp_path: Path) -> None:
    read_classes = read(tmp_path, "classes: [background, cell]\nthings: [cell]\nvoid: [255]\n")
    assert [(c.name, c.is_thing) for c in read_classes.categories] == [("background", False), ("cell", True)]
    assert read_classes.raw_values == ((0, 0), (1, 1), (255, None))
    assert read_classes.name == ""


def test_ids_lists_of_ids_and_colours(tmp_path: Path) -> None:
    text = """
name: streets
classes:
  - {name: road, id: [7, 8], color: [128, 64, 128]}
  - {name: car, color: [255, 0, 1]}
  - {name: sky, id: 3}
void: [0, [1, 1, 1]]
"""
    read_classes = read(tmp_path, text)
    assert read_classes.name == "streets"
    colours = ((65536 + 256 + 1, None), (255 * 65536 + 1, 1))
    assert read_classes.raw_values == ((0, None), (3, 2), (7, 0), (8, 0), *colours)
    road, car = dataset.Category("road", (128, 64, 128)), dataset.Category("car", (255, 0, 1))
    assert read_classes.categories[:2] == (road, car)


def test_made_up_colours_differ(tmp_path: Path) -> None:
    names = ", ".join(f"c{i}" for i in range(60))
    colours = [category.color for category in read(tmp_path, f"classes: [{names}]").categories]
    assert len(set(colours)) == 60
    assert all(0 <= part <= 255 for colour in colours for part in colour)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clases: [a, b]", "No `clases` among its keys. Did you mean `classes`?"),
        ("classes: [{name: a, colour: [1, 2, 3]}]", "class 1: No `colour` among its keys. Did you mean `color`?"),
        ("classes: [{name: a, id: 1}, {name: b, id: 1}]", "the value `1` stands twice"),
        ("classes: [{name: a, id: 1}, b]", "the value `1` stands twice"),
        ("classes: [{name: a, color: [0, 0, 9]}, {name: b, id: 9}]", "the value `9` stands twice"),
        ("classes: [a, b]\nvoid: [1]", "the value `1` stands twice. A value has one meaning"),
        ("classes: [a, a]", "the class name `a` stands twice"),
        ("classes: [car, road]\nthings: [cars]", "`things`: No `cars` among the classes. Did you mean `car`?"),
        ("classes: [{name: a}]", "class 1, a: neither `id` nor `color`"),
        ("classes: [{id: 3}]", "class 1: `name` is `None`; expected a name"),
        ("classes: [yes, b]", "class 1 is `True`; expected a name (in quotes"),
        ("classes: [{name: a, color: [1, 2]}]", "`color` is `[1, 2]`; expected [red, green, blue]"),
        ("classes: [{name: a, id: -1}]", "`id of a` has `-1`; expected a number in 0..65535"),
        ("classes: [a]\nvoid: 255", "`void` is `255`; expected a list: `void: [255]`"),
        ("classes: []", "`classes` is no list with at least one class"),
        ("- a\n- b", "expected `classes:` with a list of classes, got list"),
        ("", "expected `classes:`"),
        ("classes: [a\nvoid: [", "not YAML"),
    ],
)
def test_each_mistake_names_the_file_and_the_fix(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'classes.yaml'}: ")
    assert said in str(caught.value)


def test_a_missing_file_is_explained_by_an_example(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="classes.yaml: the file is missing.*`classes: .background, cell.`"):
        class_file.read(tmp_path / "classes.yaml")
