"""voc: real maps read back by PIL, the published palette, colours for indices, SBD, objects at odds with classes."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image

from seg_models import dataset, errors, image_files, records
from seg_models.datasets import voc
from tests.raw_trees import voc as tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree.make(tmp_path)


def keys(config: voc.Config, split: str) -> list[str]:
    return [item.key for item in voc.items(config, split)]


def load(config: voc.Config, split: str, key: str) -> dataset.Example:
    return voc.load(config, next(item for item in voc.items(config, split) if item.key == key))


def test_the_categories_have_the_published_names_and_colours() -> None:
    assert [category.color for category in voc.info(voc.Config()).categories][15] == (192, 128, 128)
    assert voc.info(voc.Config()).names[15] == "person"


@pytest.mark.parametrize("below", ["", "VOCdevkit", "VOCdevkit/VOC2012"])
def test_real_images_give_their_maps_back(shared_data: Path, below: str) -> None:
    config = voc.Config(data_dir=str(shared_data / "voc" / below))
    assert keys(config, "train") == ["2011_000003", "2011_000006"] and keys(config, "eval") == ["2011_000025"]
    folder = shared_data / "voc" / "VOCdevkit" / "VOC2012"
    for split in ("train", "eval"):
        for item in voc.items(config, split):
            example = voc.load(config, item)
            classes, objects = (
                np.asarray(Image.open(folder / name / f"{item.key}.png"))
                for name in ("SegmentationClass", "SegmentationObject")
            )
            np.testing.assert_array_equal(example.semantic, classes)
            np.testing.assert_array_equal(np.where(objects == 255, 0, objects), example.instance)
            for thing in example.objects:
                assert set(np.unique(classes[objects == thing.instance])) == {thing.category}
            decoded = records.decode(records.encode(example))
            restored = dict(voc.restore(config, item, decoded))
            assert len(restored) == 2
            for path, values in restored.items():
                np.testing.assert_array_equal(values, image_files.read_raw_mask(path))


def test_coloured_masks_are_known_by_their_colours(shared_data: Path) -> None:
    config = voc.Config(data_dir=str(shared_data / "layout_fixtures" / "voc_dataset" / "voc_dataset1"))
    assert keys(config, "train") == ["2007_000001"] and keys(config, "test") == ["2007_000002"]
    example = load(config, "train", "2007_000001")
    assert set(np.unique(example.semantic)) == {2} and voc.info(config).names[2] == "bicycle"
    assert [thing.category for thing in example.objects] == [2] and (example.instance == 1).all()
    item = next(voc.items(config, "train"))
    for path, values in voc.restore(config, item, records.decode(records.encode(example))):
        np.testing.assert_array_equal(values, image_files.read_raw_mask(path))
    assert load(config, "test", "2007_000002").semantic is None


def test_coloured_boats_and_grey_indices(root: Path) -> None:
    config = voc.Config(data_dir=str(root))
    folder = root / "VOCdevkit" / "VOC2012"
    key = "2007_000001"
    Image.open(folder / "SegmentationClass" / f"{key}.png").convert("RGB").save(
        folder / "SegmentationClass" / f"{key}.png"
    )
    objects = folder / "SegmentationObject" / f"{key}.png"
    Image.open(objects).convert("RGB").save(objects)
    expected = tree.maps(many=False)
    np.testing.assert_array_equal(load(config, "train", key).semantic, expected[0])
    np.testing.assert_array_equal(load(config, "train", key).instance, np.where(expected[1] == 255, 0, expected[1]))
    boat = np.zeros((tree.HEIGHT, tree.WIDTH, 3), np.uint8)
    boat[5:9, 5:9] = 0, 0, 128
    Image.fromarray(boat).save(folder / "SegmentationClass" / f"{key}.png")
    Image.fromarray(np.roll(boat, 2, axis=2)).save(objects)
    assert np.count_nonzero(load(config, "train", key).semantic == 4) == 16
    Image.fromarray(expected[0]).save(folder / "SegmentationClass" / f"{key}.png")
    Image.fromarray(expected[1]).save(objects)
    np.testing.assert_array_equal(load(config, "train", key).semantic, expected[0])
    Image.fromarray(boat[..., 2]).save(folder / "SegmentationClass" / f"{key}.png")
    with pytest.raises(errors.DataError, match=f"{key}.png: raw value 128 on 16 pixels is not listed"):
        load(config, "train", key)


def test_void_borders_belong_to_no_object(root: Path) -> None:
    example = load(voc.Config(data_dir=str(root)), "train", "2007_000001")
    assert [(thing.category, thing.instance) for thing in example.objects] == [(12, 1), (15, 2), (15, 3)]
    assert (example.instance == 1).sum() == 80 and not example.instance[example.semantic == 255].any()
    assert "objects" not in example.maps and not example.findings


def test_an_object_of_two_classes_is_told(root: Path) -> None:
    config = voc.Config(data_dir=str(root))
    classes, objects = tree.maps(many=False)
    classes[2:10, 2:4], objects[19, 0:2] = 9, 9
    tree.save(root / "VOCdevkit/VOC2012/SegmentationClass/2007_000001.png", classes)
    tree.save(root / "VOCdevkit/VOC2012/SegmentationObject/2007_000001.png", objects)
    item = next(voc.items(config, "train"))
    example = voc.load(config, item)
    dog = example.objects[0]
    assert (dog.category, int(dog.mask.sum()), int((example.instance == 1).sum())) == (12, 80, 64)
    assert [finding.kind for finding in example.findings] == ["category", "category"]
    assert "object 1 has 16 pixels of other classes" in example.findings[0].text
    assert "object 9" in example.findings[1].text and len(example.objects) == 3
    restored = dict(voc.restore(config, item, records.decode(records.encode(example))))
    np.testing.assert_array_equal(restored[item.path("instance")], objects)


def test_augmented_adds_all_of_sbd_but_the_eval_images(root: Path) -> None:
    config = voc.Config(data_dir=str(root), augmented=True)
    assert keys(config, "train") == ["2007_000001", "2007_000002", "2008_000006", "2008_000007"]
    assert keys(config, "eval") == ["2007_000003", "2007_000004"]
    assert load(config, "train", "2007_000001").objects[0].category == 12, "VOC's own annotation goes first"
    assert "augmented from" in voc.found(config) and "benchmark_RELEASE" in voc.found(config)
    example = load(config, "train", "2008_000006")
    content = scipy.io.loadmat(root / "benchmark_RELEASE/dataset/inst/2008_000006.mat")["GTinst"][0, 0]
    np.testing.assert_array_equal(example.instance, content["Segmentation"])
    assert [(thing.category, thing.instance) for thing in example.objects] == [(7, 1), (20, 2)]
    assert {7, 20, 0} == set(np.unique(example.semantic))
    assert set(example.maps) == {f"boundaries/{name}" for name in ("class/7", "class/20", "object/1", "object/2")}
    np.testing.assert_array_equal(example.maps["boundaries/object/2"], content["Boundaries"][1, 0].toarray())
    assert example.maps["boundaries/class/20"].sum() == 6


def test_sbd_elsewhere_and_as_png(root: Path) -> None:
    moved = root.parent / f"{root.name}_sbd"
    shutil.move(root / "benchmark_RELEASE", moved)
    assert len(keys(voc.Config(str(root), augmented=True, sbd_dir=str(moved)), "train")) == 4
    with pytest.raises(errors.UserError, match="`augmented` needs SBD; expected benchmark_RELEASE/dataset/cls"):
        keys(voc.Config(str(root), augmented=True), "train")
    folder = root / "VOCdevkit" / "VOC2012" / "SegmentationClassAug"
    folder.mkdir()
    classes = np.full((tree.HEIGHT, tree.WIDTH), 5, np.uint8)
    for key in ("2007_000001", "2007_000003", "2008_000006"):
        Image.fromarray(classes).save(folder / f"{key}.png")
    config = voc.Config(str(root), augmented=True)
    assert keys(config, "train") == ["2007_000001", "2007_000002", "2008_000006"]
    example = load(config, "train", "2008_000006")
    assert (example.semantic == 5).all() and example.instance is None
    (root / "VOCdevkit/VOC2012/ImageSets/Segmentation/train_aug.txt").write_text(
        "/JPEGImages/2007_000001.jpg /SegmentationClassAug/2007_000001.png\n"
    )
    assert keys(config, "train") == ["2007_000001", "2007_000002"]


def test_broken_sbd_files(root: Path) -> None:
    config = voc.Config(data_dir=str(root), augmented=True)
    path = root / "benchmark_RELEASE" / "dataset" / "inst" / "2008_000006.mat"
    things = tree.struct(np.full((tree.HEIGHT, tree.WIDTH), 3, np.uint8), (1, 2, 3))
    for wrong, message in (
        (things | {"Categories": np.array([[7], [20]])}, "object 3 has pixels, but Categories lists 2 objects"),
        (things | {"Categories": np.array([[7], [20], [21]])}, r"Categories is \[7, 20, 21\]; expected classes 1..20"),
        (things, "no `Categories`"),
        (tree.struct(np.ones((3, 4), np.uint8), (1,)) | {"Categories": np.array([[7]])}, "the mask is 4x3, its image"),
    ):
        scipy.io.savemat(path, {"GTinst": wrong})
        with pytest.raises(errors.DataError, match=f"{path}: {message}"):
            load(config, "train", "2008_000006")
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(errors.DataError, match=f"{path}: not a .mat file"):
        load(config, "train", "2008_000006")


def test_years(root: Path) -> None:
    shutil.copytree(root / "VOCdevkit" / "VOC2012", root / "VOCdevkit" / "VOC2007")
    assert voc.found(voc.Config(str(root))).startswith("PASCAL VOC2012 in ")
    assert voc.found(voc.Config(str(root), year=2007)).startswith("PASCAL VOC2007 in ")
    assert dict(voc.info(voc.Config(str(root))).expected_counts)["train"] == 1464
    assert dict(voc.info(voc.Config(str(root), augmented=True)).expected_counts)["train"] == 10582
    assert voc.info(voc.Config(str(root), year=2007)).expected_counts == ()


def test_another_folder_is_explained(root: Path) -> None:
    with pytest.raises(errors.UserError, match="not PASCAL VOC .*; expected VOCdevkit/VOC2012/JPEGImages in it"):
        keys(voc.Config(str(root / "benchmark_RELEASE")), "train")
    with pytest.raises(errors.UserError, match="expected VOCdevkit/VOC2009/JPEGImages in it"):
        keys(voc.Config(str(root), year=2009), "train")
    (root / "VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt").unlink()
    with pytest.raises(errors.UserError, match="VOC2012: ImageSets/Segmentation/train.txt is missing"):
        keys(voc.Config(str(root)), "train")


def test_broken_maps_are_named(root: Path) -> None:
    config = voc.Config(data_dir=str(root))
    folder = root / "VOCdevkit" / "VOC2012"
    classes, objects = (folder / name / "2007_000001.png" for name in ("SegmentationClass", "SegmentationObject"))
    whole, stray = classes.read_bytes(), tree.maps(many=False)[0].copy()
    stray[0, :5] = 21
    wrong = [
        (classes, whole[:-30], "truncated or corrupt"),
        (classes, b"", "the file is empty"),
        (classes, image_files.encode_png(stray), "raw value 21 on 5 pixels is not listed"),
        (classes, image_files.encode_png(stray.astype(np.uint16) * 100), "raw value .* is not listed"),
        (classes, image_files.encode_png(stray[1:]), "the mask is 24x19, its image .* is 24x20"),
        (objects, image_files.encode_png(stray[1:]), "the mask is 24x19, its image .* is 24x20"),
        (objects, image_files.encode_png(stray.astype(np.uint16) * 100), "is not in the palette"),
        (objects, whole[:-30], "truncated or corrupt"),
    ]
    for path, content, message in wrong:
        kept = path.read_bytes()
        path.write_bytes(content)
        with pytest.raises(errors.DataError, match=f"^{path}: .*{message}"):
            load(config, "train", "2007_000001")
        path.write_bytes(kept)
    objects.unlink()
    with pytest.raises(errors.DataError, match=f"{objects}: the instance of `2007_000001` is missing; its image"):
        load(config, "train", "2007_000001")
