"""labelme: its own exports to VOC and COCO pixel by pixel, every type of shape, images in the JSON, bad files."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, errors, image_files, records, truth_checks
from seg_models.datasets import labelme
from tests.raw_trees import labelme as tree

# Pillow draws polygons a little otherwise since the VOC export was made: one pixel, on the corner of a sofa.
REDRAWN = {"2011_000006": [(290, 104)]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree.make(tmp_path)


def load(config: labelme.Config, key: str) -> dataset.Example:
    every = [item for split in labelme.SPLITS for item in labelme.items(config, split)]
    return labelme.load(config, next(item for item in every if item.key == key))


def change(root: Path, spoil: Callable[[dict], object], key: str = "a") -> None:
    path = root / "data_annotated" / f"{key}.json"
    content = json.loads(path.read_text("utf-8"))
    spoil(content)
    path.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize("kind", ["instance", "semantic"])
def test_labelmes_export_to_voc(shared_data: Path, kind: str) -> None:
    folder = shared_data / "labelme_voc" / f"{kind}_segmentation"
    config = labelme.Config(str(folder), things=(labelme.ALL,) if kind == "instance" else ())
    names = (folder / "data_dataset_voc" / "class_names.txt").read_text().split("\n")
    assert list(labelme.info(config).names) == [name for name in names if name]
    for key in ("2011_000003", "2011_000006", "2011_000025"):
        example = load(config, key)
        truths = {"SegmentationClass": example.raw}
        if kind == "instance":
            truths["SegmentationObject"] = example.instance
        for name, ours in truths.items():
            theirs = np.asarray(Image.open(folder / "data_dataset_voc" / name / f"{key}.png"))
            differing = list(zip(*(side.tolist() for side in np.nonzero(theirs != ours))))
            assert differing == REDRAWN.get(key, []) or not differing
        assert bool(example.objects) == (kind == "instance")


def test_labelmes_export_to_coco(shared_data: Path) -> None:
    folder = shared_data / "labelme_voc" / "instance_segmentation"
    exported = json.loads((folder / "data_dataset_coco" / "annotations.json").read_text())
    config, compared = labelme.Config(str(folder)), 0
    for image in exported["images"]:
        example = load(config, Path(image["file_name"]).stem)
        decoded = records.decode(records.encode(example))
        theirs = [entry for entry in exported["annotations"] if entry["image_id"] == image["id"]]
        for thing, entry in zip(decoded.objects, theirs, strict=True):
            mask = truth_checks.visible(decoded, thing)
            rows, columns = mask.nonzero()
            box = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
            assert (thing.category, mask.sum(), box) == (entry["category_id"], entry["area"], entry["bbox"])
            compared += 1
    assert compared == 12


def test_every_type_of_shape(root: Path) -> None:
    config = labelme.Config(str(root), things=("car", "person"))
    example = load(config, "a")
    names = labelme.info(config).names
    assert names == ("_background_", "car", "person", "road")
    kinds = [(names[thing.category], thing.instance) for thing in example.objects]
    # The numbers count all shapes but the second of group 7, roads and void, too.
    assert kinds == [("car", 2), ("person", 3), ("person", 4), ("person", 6), ("car", 8)]
    car, circle, line, point, pasted = (truth_checks.visible(example, thing) for thing in example.objects)
    assert car.sum() == 17 * 11 + 7 * 7, "a rectangle from (4, 10) to (20, 20) and a square of its group"
    assert (circle.sum(0) > 0).nonzero()[0].tolist() == list(range(34, 47)) and circle[12, 40]
    assert line[:, 10].nonzero()[0].tolist() == list(range(10)), "ten rows, from four above to five below"
    assert point.sum(0).max() == 11 and point[33, 5] and point[33, 15] and not point[33, 16]
    assert (pasted.sum(), pasted[33:36, 32:36].sum()) == (12, 12)
    assert (example.semantic[14:18, 14:27] == 255).all() and not example.instance[14:18, 14:27].any()
    assert (example.semantic[30:40, 0] == 3).all() and example.semantic[38, 50] == 3
    assert example.objects[0].mask is not None, "void lies above a part of it"


def test_stuff_above_things_and_the_reverse(root: Path) -> None:
    square = [[10.0, 10.0], [20.0, 20.0]]
    change(
        root, lambda content: content.update(shapes=[tree.shape(each, square, "rectangle") for each in ("car", "road")])
    )
    example = load(labelme.Config(str(root), things=("car",)), "a")
    assert not example.instance.any() and (example.semantic[10:21, 10:21] == 3).all()
    assert [(thing.instance, int(thing.mask.sum())) for thing in example.objects] == [(0, 121)]
    change(root, lambda content: content["shapes"].reverse())
    example = load(labelme.Config(str(root), things=("car",)), "a")
    assert (example.instance[10:21, 10:21] == 2).all() and example.objects[0].mask is None


def test_images_beside_elsewhere_and_in_the_json(root: Path) -> None:
    config = labelme.Config(str(root))
    assert load(config, "a").image_bytes == (root / "data_annotated" / "a.png").read_bytes()
    assert load(config, "below/c").image_bytes == (root / "pictures" / "c.png").read_bytes()
    embedded = load(config, "b")
    content = json.loads((root / "data_annotated" / "b.json").read_text())
    assert tree.in_base64(image_files.decode_rgb(embedded.image_bytes)) == content["imageData"]
    assert json.loads(embedded.annotation) == content | {"imageData": None}
    assert load(config, "a").annotation == (root / "data_annotated" / "a.json").read_bytes()
    assert load(config, "d").instance.max() == 300


def test_an_image_that_exif_turns(root: Path) -> None:
    config = labelme.Config(str(root))
    path = root / "data_annotated" / "a.png"
    upright = Image.open(path)
    exif = Image.Exif()
    exif[image_files.ORIENTATION_TAG] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif)
    with pytest.raises(
        errors.DataError, match="a.png: the image is 40x60; shapes were drawn on 60x40 .* save it upright"
    ):
        load(config, "a")
    change(root, lambda content: content.update(imageData=tree.in_base64(np.asarray(upright))))
    np.testing.assert_array_equal(image_files.decode_rgb(load(config, "a").image_bytes), np.asarray(upright))


def test_classes_without_a_file(root: Path) -> None:
    (root / "labels.txt").unlink()
    config = labelme.Config(str(root))
    assert labelme.info(config).names == ("_background_", "car", "person", "road")
    assert [category.is_thing for category in labelme.info(config).categories] == [False, True, True, True]
    assert labelme.found(config).endswith("classes of all shapes")
    with pytest.raises(errors.UserError, match="names.txt: the file of class names, `labels`, is missing"):
        labelme.info(labelme.Config(str(root), labels="names.txt"))
    with pytest.raises(errors.UserError, match="`things`: No `cat` among the labels. Did you mean `car`"):
        labelme.info(labelme.Config(str(root), things=("cat",)))
    (root / "labels.txt").write_text("car\nperson\ncar\n")
    with pytest.raises(errors.UserError, match="labels.txt: the class `car` stands twice"):
        labelme.info(config)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda content: content["shapes"][1].update(label="cat"), "shape 2: No `cat` among the labels. Did you mean"),
        (
            lambda content: content["shapes"][1].update(shape_type="star"),
            "shape 2 .car.: the `shape_type` 'star' is unknown",
        ),
        (lambda content: content["shapes"][1]["points"].pop(), "a rectangle has 1 points; expected 2"),
        (lambda content: content["shapes"][0].update(points=[[1, 2]]), "a polygon has 1 points; expected at least 3"),
        (lambda content: content["shapes"][0].update(points="x"), "`points` is x; expected pairs"),
        (lambda content: content["shapes"][0]["points"].append([1e9, 0]), "the point .1e.09, 0. is far outside"),
        (lambda content: content["shapes"][0]["points"].append([float("nan"), 0]), "is far outside"),
        (lambda content: content["shapes"][8].update(mask="%"), "`mask` is no picture in base64"),
        (lambda content: content["shapes"][8].update(points=[[0, 0], [3, 3]]), "the mask is 7x5, its place .* is 4x4"),
        (lambda content: content["shapes"][8].update(points=[[56, 0], [62, 4]]), "inside the image"),
        (lambda content: content.pop("shapes"), "no `shapes` in it"),
        (lambda content: content.update(imagePath="../../../etc/passwd"), "the file name .* is refused"),
        (lambda content: content.update(imageWidth=61), "the image is 60x40; shapes were drawn on 61x40"),
    ],
)
def test_malformed_files_are_named(root: Path, spoil: Callable[[dict], object], message: str) -> None:
    change(root, spoil)
    with pytest.raises(errors.DataError, match=message):
        load(labelme.Config(str(root)), "a")


def test_missing_images_and_other_folders(root: Path) -> None:
    (root / "data_annotated" / "a.png").unlink()
    with pytest.raises(errors.DataError, match="a.json: its image a.png is not there. Put it beside the JSON"):
        load(labelme.Config(str(root)), "a")
    change(root, lambda content: content.update(imageData="%"))
    with pytest.raises(errors.DataError, match="a.json: `imageData` is no picture in base64"):
        load(labelme.Config(str(root)), "a")
    with pytest.raises(errors.UserError, match="pictures: no .json files in it or below"):
        next(labelme.items(labelme.Config(str(root / "pictures")), "train"))
