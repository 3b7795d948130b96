"""pascal_context: 459, 60 and 59 classes of the same maps, the ready PNGs, lists of names, what is missing."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image

from seg_models import dataset, errors, records
from seg_models.datasets import pascal_context
from tests.raw_trees import pascal_context as tree

# Ids of some classes among the 459, as converters of the data set list them.
KNOWN = {"aeroplane": 2, "bag": 9, "bedclothes": 19, "cloth": 80, "pottedplant": 308, "table": 397, "wood": 458}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree.make(tmp_path)


def first(root: Path, classes: str, split: str = "train") -> dataset.Example:
    config = pascal_context.Config(str(root), classes)
    return pascal_context.load(config, next(pascal_context.items(config, split)))


def test_all_classes(root: Path) -> None:
    example = first(root, "459")
    described = pascal_context.info(pascal_context.Config(str(root), "459"))
    assert described.num_categories == 459 and described.void == 65535 and example.semantic.dtype == np.uint16
    truth = tree.label_map().astype(int)
    np.testing.assert_array_equal(example.raw, truth)
    np.testing.assert_array_equal(example.semantic, np.where(truth == 0, 65535, truth - 1))
    assert {name: described.names.index(name) + 1 for name in KNOWN} == KNOWN
    decoded = records.decode(records.encode(example))
    np.testing.assert_array_equal(decoded.raw, truth)


@pytest.mark.parametrize("classes", ["59", "60"])
def test_frequent_classes(root: Path, classes: str) -> None:
    described = pascal_context.info(pascal_context.Config(str(root), classes))
    example = first(root, classes)
    assert described.num_categories == int(classes) and example.semantic.dtype == np.uint8
    table = dict(described.raw_values)
    assert {name: described.names.index(name) for name in KNOWN} == {name: table[KNOWN[name]] for name in KNOWN}
    rest = 255 if classes == "59" else 0
    assert np.count_nonzero(example.semantic == rest) == tree.HEIGHT * tree.WIDTH - 59
    assert example.semantic[0, 1] == described.names.index("aeroplane")
    np.testing.assert_array_equal(records.decode(records.encode(example)).raw, tree.label_map())


def test_labels_txt_decides_the_ids(root: Path) -> None:
    lines = (root / "labels.txt").read_text().split("\n")
    lines[1], lines[0] = "2: accordion", "1: aeroplane"
    (root / "labels.txt").write_text("\n".join(lines))
    assert first(root, "59").semantic[0, 0] == 0 and first(root, "59").semantic[0, 1] == 255
    (root / "labels.txt").unlink()
    assert first(root, "59").semantic[0, 0] == 255 and first(root, "59").semantic[0, 1] == 0
    (root / "labels.txt").write_text("aeroplane\n")
    with pytest.raises(errors.UserError, match="labels.txt: the line `aeroplane`; expected a number and a name"):
        first(root, "59")
    (root / "labels.txt").write_text("1: aeroplane\n")
    with pytest.raises(errors.UserError, match="labels.txt: has no class bicycle, bird"):
        first(root, "59")


def test_ready_pngs_mean_what_59_labels_says(root: Path) -> None:
    (root / "trainval").rename(root / "away")
    (root / "59_context_labels").mkdir()
    values = np.arange(tree.HEIGHT * tree.WIDTH, dtype=np.uint8).reshape(tree.HEIGHT, tree.WIDTH) % 60
    for key in tree.LISTS["train"]:
        Image.fromarray(values).save(root / "59_context_labels" / f"{key}.png")
    with pytest.raises(errors.UserError, match="59_labels.txt is missing; it says what the values of the PNGs mean"):
        first(root, "59")
    names = [{"table": "diningtable", "cloth": "clothes"}.get(name, name) for name in sorted(pascal_context.FREQUENT)]
    (root / "59_labels.txt").write_text("".join(f"{value}: {name}\n" for value, name in enumerate(names, 1)))
    for classes, shift, rest in (("59", 0, 255), ("60", 1, 0)):
        example = first(root, classes)
        order = [pascal_context.FREQUENT.index(name) + shift for name in sorted(pascal_context.FREQUENT)]
        np.testing.assert_array_equal(example.semantic, np.array([rest, *order])[values])
        config = pascal_context.Config(str(root), classes)
        item = next(pascal_context.items(config, "train"))
        assert item.path("mask").endswith("59_context_labels/2008_000002.png")
        np.testing.assert_array_equal(records.decode(records.encode(example)).raw, values)
    with pytest.raises(
        errors.UserError, match="not PASCAL Context in 459 classes; expected the folder trainval with .mat"
    ):
        first(root, "459")


def test_splits_and_test_images_without_labels(root: Path) -> None:
    config = pascal_context.Config(str(root))
    keys = {name: tuple(item.key for item in pascal_context.items(config, name)) for name in pascal_context.LISTS}
    assert tuple(keys.values()) == tuple(tree.LISTS.values())
    assert first(root, "59", "test").semantic is None
    assert pascal_context.found(config).startswith(
        f"PASCAL Context: {root}/trainval; images in {root}/VOCdevkit/VOC2010"
    )


def test_what_is_missing_or_broken(root: Path) -> None:
    path = root / "trainval" / "2008_000002.mat"
    for wrong, message in (
        (np.full((tree.HEIGHT, tree.WIDTH), 460), "raw value 460 on 600 pixels is not listed"),
        (np.ones((3, 4)), "the mask is 4x3, its image"),
        (np.full((tree.HEIGHT, tree.WIDTH), 1.5), "LabelMap: has values that are not whole numbers"),
    ):
        scipy.io.savemat(path, {"LabelMap": wrong})
        with pytest.raises(errors.DataError, match=f"{path}: {message}"):
            first(root, "59")
    path.unlink()
    with pytest.raises(errors.DataError, match=f"{path}: the labels of `2008_000002` is missing"):
        first(root, "59")
    (root / "VOCdevkit/VOC2010/ImageSets/Main/train.txt").unlink()
    with pytest.raises(errors.UserError, match="Main: train.txt is missing; it and val.txt of VOC 2010 are the split"):
        first(root, "59")
    (root / "VOCdevkit/VOC2010").rename(root / "VOCdevkit/VOC2012")
    with pytest.raises(errors.UserError, match="expected VOCdevkit/VOC2010/JPEGImages in it"):
        first(root, "59")
    with pytest.raises(errors.UserError, match="`classes` is 58; expected 59, 60 .with background. or 459"):
        pascal_context.Config(classes="58")
