"""mapillary_vistas: both versions and layouts, panoptic against instance maps, and what is wrong with a tree."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, errors, image_files, raw_files
from seg_models.datasets import mapillary_vistas
from tests import small_folder
from tests.raw_trees import mapillary_vistas as raw_tree

FIXTURE = "layout_fixtures/mapillary_vistas_dataset"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The made tree."""
    return raw_tree.make(tmp_path / "raw")


def first(root: Path, split: str = "train", **fields: str) -> dataset.Example:
    """The first image of a split."""
    config = mapillary_vistas.Config(data_dir=str(root), **fields)
    return mapillary_vistas.load(config, next(mapillary_vistas.items(config, split)))


def edit(root: Path, change: object) -> None:
    """Changes the panoptic JSON of training, version 2.0, by a function of its content."""
    path = root / "training/v2.0/panoptic/panoptic_2020.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_the_file_of_classes_decides(tree: Path) -> None:
    info = mapillary_vistas.info(mapillary_vistas.Config(data_dir=str(tree)))
    assert info.names == tuple(entry[0] for entry in raw_tree.CLASSES[:4])
    assert info.thing_ids == (raw_tree.CAR, raw_tree.PERSON)
    assert info.raw_values == ((0, 0), (1, 1), (2, 2), (3, 3), (raw_tree.VOID, None))
    assert info.categories[3].color == (220, 20, 60)


def test_panoptic_objects_against_the_files_read_plainly(tree: Path) -> None:
    found = first(tree)
    folder = tree / "training/v2.0"
    rgb = np.asarray(Image.open(folder / "panoptic/training_0.png")).astype(int)
    ids = rgb[..., 0] + rgb[..., 1] * 256 + rgb[..., 2] * 65536
    content = json.loads((folder / "panoptic/panoptic_2020.json").read_text())
    segments = {entry["id"]: entry for entry in content["annotations"][0]["segments_info"]}
    things = {thing.source_id: thing for thing in found.objects}
    # Categories 11 and 31 are car and person; more cars than 8 bits number.
    assert things.keys() == {each for each, entry in segments.items() if entry["category_id"] in (11, 31)}
    assert len(things) > 255
    for identity, thing in things.items():
        np.testing.assert_array_equal(found.instance == thing.instance, ids == identity)
        assert thing.is_crowd == bool(segments[identity]["iscrowd"])
    assert sum(thing.is_crowd for thing in things.values()) == 1
    assert found.findings == () and found.maps == {}
    assert json.loads(found.annotation)["annotations"] == [content["annotations"][0]]


def test_instance_maps_where_there_is_no_panoptic(tree: Path) -> None:
    whole = first(tree)
    for path in (tree / "training").glob("v*/panoptic"):
        shutil.rmtree(path)
    assert mapillary_vistas.found(mapillary_vistas.Config(str(tree))).endswith("version 2.0, labels and instances")
    found = first(tree)
    np.testing.assert_array_equal(found.semantic, whole.semantic)
    values = np.asarray(Image.open(tree / "training/v2.0/instances/training_0.png")).astype(int)
    things = {value for value in np.unique(values).tolist() if value // 256 in (raw_tree.CAR, raw_tree.PERSON)}
    assert {thing.source_id for thing in found.objects} == things
    assert not any(thing.is_crowd for thing in found.objects)
    shutil.rmtree(tree / "training/v2.0/instances")
    assert first(tree).instance is None


def test_versions_and_the_flat_layout_of_before(tree: Path, tmp_path: Path) -> None:
    old, new = first(tree, version="1.2"), first(tree)
    assert old.image_bytes == new.image_bytes and old.annotation != new.annotation
    for split in ("training", "validation"):
        shutil.rmtree(tree / split / "v2.0")
        for folder in (tree / split / "v1.2").iterdir():
            shutil.move(folder, tree / split / folder.name)
    shutil.move(tree / "config_v1.2.json", tree / "config.json")
    flat = first(tree)
    assert mapillary_vistas.found(mapillary_vistas.Config(str(tree))).endswith("version 1.2, labels and panoptic")
    np.testing.assert_array_equal(flat.instance, old.instance)
    with pytest.raises(errors.UserError, match="not version 2.0 of Mapillary Vistas; has version 1.2"):
        first(tree, version="2.0")
    with zipfile.ZipFile(tmp_path / "mapillary-vistas-dataset_public_v1.1.zip", "w") as archive:
        for path in sorted(tree.rglob("*.*")):
            if path.is_file():
                archive.write(path, path.relative_to(tree))
    zipped = first(tmp_path)
    assert zipped.annotation == flat.annotation
    np.testing.assert_array_equal(zipped.instance, flat.instance)


def test_no_image_lists_the_folder_of_maps_again(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = mapillary_vistas.Config(data_dir=str(tree))
    item = next(mapillary_vistas.items(config, "train"))
    listed, names = [], raw_files.names
    monkeypatch.setattr(raw_files, "names", lambda folder: listed.append(Path(folder)) or names(folder))
    assert mapillary_vistas.load(config, item).objects
    assert set(listed) <= {tree}, "18,000 names each time"


def test_test_images_have_no_labels(tree: Path) -> None:
    found = first(tree, "test")
    assert found.key == "test/testing_0" and found.semantic is None and found.annotation == b""


@pytest.mark.parametrize("version", ["1.2", "2.0"])
def test_the_fixture_is_read_and_rebuilt(shared_data: Path, version: str) -> None:
    config = mapillary_vistas.Config(str(shared_data / FIXTURE), version)
    seen = 0
    for split in ("train", "eval"):
        for item in mapillary_vistas.items(config, split):
            example = mapillary_vistas.load(config, item)
            assert example.findings == ()
            assert (b'"polygons": {' in example.annotation) == (version == "2.0")
            assert json.loads(example.annotation)["annotations"][0]["file_name"] == f"{Path(item.key).name}.png"
            for path, values in mapillary_vistas.restore(config, item, example):
                np.testing.assert_array_equal(values, image_files.read_raw_mask(path))
                seen += 1
    assert seen == 6
    # validation/0: a crowd of birds beside a separator.
    example = mapillary_vistas.load(config, next(mapillary_vistas.items(config, "eval")))
    bird, separator = example.objects
    assert (bird.category, bird.is_crowd, bird.source_id) == (0, True, 1)
    assert (separator.category, separator.is_crowd, separator.source_id) == (1, False, 2)
    assert example.instance.tolist() == [[1, 1, 1, 2, 2]] * 5


def test_doubts_about_segments_are_told(tree: Path) -> None:
    def change(content: dict) -> None:
        segments = content["annotations"][0]["segments_info"]
        segments[0]["area"] += 1
        segments[1]["bbox"] = [5, 5, 1, 1]
        segments.append({**segments[0], "id": 5})

    edit(tree, change)
    found = first(tree)
    assert [finding.kind for finding in found.findings] == ["area", "box", "empty"]
    assert all("panoptic/training_0.png: segment" in finding.text for finding in found.findings)


def test_labels_count_where_panoptic_differs(tree: Path) -> None:
    path = tree / "training/v2.0/labels/training_0.png"
    labels = np.asarray(Image.open(path)).copy()
    labels[10, 5] = raw_tree.SKY
    small_folder.save(path, labels)
    found = first(tree)
    assert found.semantic[10, 5] == raw_tree.SKY and found.instance[10, 5] == 0
    assert ["1 pixels are of another class" in finding.text for finding in found.findings] == [True]
    config = mapillary_vistas.Config(str(tree))
    for path, values in mapillary_vistas.restore(config, next(mapillary_vistas.items(config, "train")), found):
        np.testing.assert_array_equal(values, image_files.read_raw_mask(path))


def test_contradictions_are_refused(tree: Path) -> None:
    edit(tree, lambda content: content["annotations"][0]["segments_info"].pop())
    with pytest.raises(errors.DataError, match=r"training_0.png: segment \d+ is in the PNG, but not listed in .*2020"):
        first(tree)
    edit(tree, lambda content: content["annotations"][0]["segments_info"][0].update(category_id=77))
    unknown = r"panoptic_2020.json: image training_0: segment \d+ has the unknown `category_id` 77"
    with pytest.raises(errors.DataError, match=unknown):
        first(tree)
    edit(tree, lambda content: content["annotations"].pop(0))
    with pytest.raises(errors.DataError, match="no element of `annotations` is for .*training_0.png"):
        first(tree)
    edit(tree, lambda content: content["annotations"][0].update(file_name="../elsewhere.png"))
    with pytest.raises(errors.UserError, match="lists 1 images that are not there: ../elsewhere"):
        list(mapillary_vistas.items(mapillary_vistas.Config(str(tree)), "train"))
    edit(tree, lambda content: content["categories"][0].update(name="road"))
    with pytest.raises(errors.UserError, match="not Mapillary Vistas; expected training/images with"):
        first(tree / "training")


def test_a_missing_or_broken_file_of_classes_is_explained(tree: Path) -> None:
    (tree / "config_v2.0.json").write_text('{"labels": [{"name": "road"}]}')
    with pytest.raises(errors.UserError, match="config_v2.0.json: expected `labels`, .*KeyError: 'color'"):
        first(tree)
    (tree / "config_v2.0.json").unlink()
    with pytest.raises(errors.UserError, match="annotations of version 2.0, but not config_v2.0.json"):
        first(tree)
    with pytest.raises(errors.UserError, match="`version`: No `3.0`"):
        mapillary_vistas.Config(version="3.0")
