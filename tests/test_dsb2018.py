"""dsb2018: overlapping, covered and empty masks; solutions in run-length code."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import dataset, errors
from seg_models.datasets import dsb2018
from tests import small_folder
from tests.raw_trees import dsb2018 as tree


def load_all(data_dir: Path, *splits: str) -> dict[str, dataset.Example]:
    config = dsb2018.Config(str(data_dir))
    found = [item for split in splits for item in dsb2018.items(config, split)]
    return {item.key: dsb2018.load(config, item) for item in found}


def mask_of(example: dataset.Example, thing: dataset.Object) -> np.ndarray:
    return example.instance == thing.instance if thing.mask is None else thing.mask


def test_every_mask_survives_whole(tmp_path: Path) -> None:
    examples = load_all(tree.make(tmp_path), "train", "eval")
    for index in range(5):
        example, masks = examples[f"{index:064x}"], [mask for mask in tree.nuclei(index) if mask.any()]
        assert len(example.objects) == len(masks) == (4 if index % 2 else 5)
        for thing, mask in zip(example.objects, masks):
            np.testing.assert_array_equal(mask_of(example, thing), mask > 0)
        # The smaller of the first two lies above; the fourth is cut by the third.
        assert [thing.mask is None for thing in example.objects[:4]] == [False, True, True, False]
        np.testing.assert_array_equal(example.semantic, np.any(masks, axis=0))
        assert [finding.kind for finding in example.findings] == ["empty"] * (index % 2)
    crowded = examples[f"{99:064x}"]
    assert len(crowded.objects) == crowded.instance.max() == tree.MANY


def test_solutions_are_read_down_the_columns(tmp_path: Path) -> None:
    examples = load_all(tree.make(tmp_path), "test")
    for index in range(2):
        example = examples[f"{1000 + index:064x}"]
        for thing, mask in zip(example.objects, tree.nuclei(index)):
            np.testing.assert_array_equal(mask_of(example, thing), mask > 0)


def test_a_run_length_code_by_hand(tmp_path: Path) -> None:
    small_folder.save(tmp_path / "a.png", np.zeros((3, 2), np.uint8))
    paths = (("image", str(tmp_path / "a.png")), ("solution", "s.csv"))
    example = dsb2018.load(dsb2018.Config(), dataset.Item("a", paths, b"3 2 2 3"))
    assert example.semantic.tolist() == [[0, 1], [1, 0], [1, 0]]


def test_images_that_the_solution_ignores_or_lacks_have_no_labels(tmp_path: Path) -> None:
    tree.make(tmp_path)
    assert [example.semantic for example in load_all(tmp_path, "test_stage2").values()] == [None]
    (tmp_path / "stage1_solution.csv").unlink()
    assert [example.semantic for example in load_all(tmp_path, "test").values()] == [None, None]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (b"3 2 0 1", "leads out"),
        (b"3 2 5 3", "leads out"),
        (b"3 2 1", "not a run-length"),
        (b"3 2 x 1", "not a run-length"),
        (b"2 3 1 1", "says 3x2, the image .*a.png is 2x3"),
    ],
)
def test_a_wrong_run_length_code_is_refused(tmp_path: Path, code: bytes, said: str) -> None:
    small_folder.save(tmp_path / "a.png", np.zeros((3, 2), np.uint8))
    item = dataset.Item("a", (("image", str(tmp_path / "a.png")), ("solution", "s.csv")), code)
    with pytest.raises(errors.DataError, match=f"s.csv, a: .*{said}"):
        dsb2018.load(dsb2018.Config(), item)


@pytest.mark.parametrize(
    ("mask", "said"),
    [(np.full((20, 26), 7, np.uint8), "the value 7 on 520 pixels"), (np.zeros((20, 25), np.uint8), "25x20")],
)
def test_a_wrong_mask_is_refused(tmp_path: Path, mask: np.ndarray, said: str) -> None:
    tree.make(tmp_path)
    small_folder.save(tmp_path / "stage1_train" / f"{2:064x}" / "masks" / "wrong.png", mask)
    with pytest.raises(errors.DataError, match=f"wrong.png: .*{said}"):
        load_all(tmp_path, "train", "eval")


def test_a_solution_without_its_columns_is_refused(tmp_path: Path) -> None:
    tree.make(tmp_path)
    (tmp_path / "stage1_solution.csv").write_text("ImageId,Pixels\na,1 1\n")
    with pytest.raises(errors.UserError, match="stage1_solution.csv: has no column EncodedPixels, Height, Width"):
        load_all(tmp_path, "test")


def test_real_masks_add_up(shared_data: Path) -> None:
    config = dsb2018.Config(str(shared_data / "dsb2018"))
    listed = [item for split in ("train", "eval") for item in dsb2018.items(config, split)]
    assert len(listed) == 168
    item = min(listed, key=lambda item: item.key)
    example = dsb2018.load(config, item)
    native = [np.asarray(Image.open(path)) for path in sorted(Path(item.path("masks")).iterdir())]
    assert [int(mask_of(example, thing).sum()) for thing in example.objects] == [int((m > 0).sum()) for m in native]
    np.testing.assert_array_equal(example.semantic, np.any(native, axis=0))
    assert example.image_bytes == Path(item.path("image")).read_bytes()
