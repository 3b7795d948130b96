"""OpenSurfaces: shapes drawn in the order and with the values of the release's own script, and its rendered maps."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import errors, image_files, records
from seg_models.datasets import open_surfaces
from tests.raw_trees import open_surfaces as raw_tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A fake release with its photos."""
    return raw_tree.make(tmp_path / "made")


def _all(config: open_surfaces.Config) -> dict:
    return {item.key: item for split in ("train", "eval") for item in open_surfaces.items(config, split)}


def test_materials_have_the_published_values() -> None:
    names = open_surfaces.info(open_surfaces.Config(classes="45")).names
    # Of the published label-substance-colors.csv.
    for value, name in ((1, "Brick"), (22, "Metal"), (29, "Plastic - opaque"), (45, "Wood - painted")):
        assert names[value - 1] == name
    merged = open_surfaces.info(open_surfaces.Config(classes="25"))
    train_ids = dict(merged.raw_values)
    assert merged.num_categories == 25
    assert merged.names[train_ids[28]] == merged.names[train_ids[29]] == "plastic"
    assert merged.names[train_ids[6]] == merged.names[train_ids[34]] == "stone"
    assert train_ids[45] is None


def test_shapes_are_drawn_one_over_the_other(folder: Path) -> None:
    config = open_surfaces.Config(str(folder))
    items = _all(config)
    assert sorted(items) == sorted(map(str, raw_tree.PHOTOS)), "no photo without shapes, and no synthetic one"
    example = open_surfaces.load(config, items["11"])
    # Brick is the material 1, painted wood 45; the wall of four vertices lies below the two triangles.
    assert example.raw[0, 29] == 1 and example.semantic[0, 29] == 0
    assert example.raw[6, 16] == 45 and example.semantic[6, 16] == 44
    assert example.maps["shape"].max() == 3
    # The floor, the last one drawn, has no material.
    assert example.raw[19, 29] == 0 and example.semantic[19, 29] == 255
    assert example.maps["name"][19, 29] == raw_tree.FLOOR
    assert example.maps["name"][6, 16] == raw_tree.CHAIR and example.maps["name"][0, 29] == raw_tree.WALL
    assert open_surfaces.load(config, items["12"]).maps["shape"].max() == 2, "a shape of low quality"
    fields = json.loads(example.annotation)
    assert [shape["fields"]["num_vertices"] for shape in fields["shapes"]] == [4, 3, 3]


def test_objects_instead_of_materials(folder: Path) -> None:
    config = open_surfaces.Config(str(folder), classes="objects")
    assert open_surfaces.info(config).names == ("Chair", "Floor", "Wall")
    example = open_surfaces.load(config, _all(config)["11"])
    assert example.semantic[19, 29] == 1 and example.maps["substance"][0, 29] == 1


def test_rendered_maps_come_back(folder: Path) -> None:
    raw_tree.make_labels(folder)
    shutil.rmtree(folder / "opensurfaces")
    for classes in ("45", "objects"):
        config = open_surfaces.Config(str(folder), classes)
        assert "photos-labels" in open_surfaces.found(config)
        items = _all(config)
        # 201 is a photo without a map here.
        for key in map(str, raw_tree.PHOTOS):
            example = open_surfaces.load(config, items[key])
            colors = np.asarray(Image.open(items[key].path("mask")))
            learnt = colors[..., 0 if classes == "45" else 1].astype(int)
            np.testing.assert_array_equal(example.semantic, np.where(learnt == 0, 255, learnt - 1))
            decoded = records.decode(records.encode(example))
            ((path, restored),) = open_surfaces.restore(config, items[key], decoded)
            np.testing.assert_array_equal(restored, image_files.read_raw_mask(path))


def test_maps_of_another_size_are_refused(folder: Path) -> None:
    raw_tree.make_labels(folder)
    shutil.rmtree(folder / "opensurfaces")
    config = open_surfaces.Config(str(folder))
    item = _all(config)["13"]
    Image.open(item.path("mask")).resize((60, 40)).save(item.path("mask"))
    with pytest.raises(errors.DataError, match="the mask is 60x40"):
        open_surfaces.load(config, item)


def test_a_turned_photo_is_a_finding(folder: Path) -> None:
    path = folder / "photos" / "11.jpg"
    Image.open(path).rotate(90, expand=True).save(path)
    config = open_surfaces.Config(str(folder))
    (finding,) = open_surfaces.load(config, _all(config)["11"]).findings
    assert finding.kind == "orientation" and "20x30" in finding.text


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("shapes.materialshape.json", '"0,1,2"', '"0,1,9"', "a triangle names number 9"),
        ("shapes.materialshape.json", '"high_quality"', '"quality"', "no field `high_quality`"),
        ("shapes.shapesubstance.json", '"Brick"', '"Bricks"', "not: Brick, Bricks"),
        ("photos.photo.json", "[", "[[", "not JSON"),
    ],
)
def test_a_damaged_release(folder: Path, name: str, old: str, new: str, message: str) -> None:
    path = folder / "opensurfaces" / name
    path.write_text(path.read_text().replace(old, new))
    config = open_surfaces.Config(str(folder))
    with pytest.raises(errors.UserError, match=message):
        open_surfaces.load(config, _all(config)["11"])
