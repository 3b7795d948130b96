"""isbi_em: stacks and single slices give the same, neighbours are held out together."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import errors, image_files
from seg_models.datasets import isbi_em
from tests import small_folder
from tests.raw_trees import isbi_em as tree


def keys(config: isbi_em.Config, split: str) -> list[str]:
    return [item.key for item in isbi_em.items(config, split)]


def loaded(config: isbi_em.Config, split: str) -> list[tuple[np.ndarray, np.ndarray | None]]:
    examples = [isbi_em.load(config, item) for item in isbi_em.items(config, split)]
    return [(image_files.decode(example.image_bytes), example.semantic) for example in examples]


def unpack(stacks: Path, folder: Path, names: tuple[str, str]) -> Path:
    """The pages of the made stacks as files, written by PIL alone."""
    for name, stack in zip(names, ("train-volume.tif", "train-labels.tif")):
        image = Image.open(stacks / stack)
        for page in range(image.n_frames):
            image.seek(page)
            small_folder.save(folder / "train" / name / f"{page}.png", np.asarray(image))
    return folder


def test_the_last_slices_are_held_out_together(tmp_path: Path) -> None:
    config = isbi_em.Config(str(tree.make(tmp_path)), eval_fraction=0.4)
    assert keys(config, "train") == ["train/000", "train/001", "train/002"]
    assert keys(config, "eval") == ["train/003", "train/004"]
    assert keys(config, "test") == ["test/000", "test/001"]
    assert "stacks as published" in isbi_em.found(config)


def test_pages_keep_every_value(tmp_path: Path) -> None:
    config = isbi_em.Config(str(tree.make(tmp_path)))
    volume, stack = Image.open(tmp_path / "train-volume.tif"), Image.open(tmp_path / "train-labels.tif")
    for page, (image, semantic) in enumerate(loaded(config, "train")):
        volume.seek(page)
        stack.seek(page)
        np.testing.assert_array_equal(image, np.asarray(volume))
        np.testing.assert_array_equal(semantic, np.asarray(stack) == 255)
    assert loaded(config, "test")[0][1] is None


@pytest.mark.parametrize("names", [("image", "label"), ("images", "labels")])
def test_unpacked_slices_are_the_same_as_pages(tmp_path: Path, names: tuple[str, str]) -> None:
    stacks = tree.make(tmp_path / "stacks")
    files = unpack(stacks, tmp_path / "files" / "membrane", names).parent
    for split in ("train", "eval"):
        of_stacks, of_files = (isbi_em.Config(str(folder)) for folder in (stacks, files))
        assert keys(of_stacks, split) == keys(of_files, split)
        for (image, semantic), (other, same) in zip(loaded(of_stacks, split), loaded(of_files, split)):
            np.testing.assert_array_equal(image, other)
            np.testing.assert_array_equal(semantic, same)


def test_stacks_of_unequal_length_are_refused(tmp_path: Path) -> None:
    tree.make(tmp_path)
    tree.save_stack(tmp_path / "train-labels.tif", np.zeros((4, 18, 24), np.uint8))
    with pytest.raises(errors.UserError, match="train-volume.tif 5 and .*train-labels.tif 4"):
        keys(isbi_em.Config(str(tmp_path)), "train")


@pytest.mark.parametrize("name", ["a.png", "07.png"])
def test_a_file_that_is_no_number_of_its_own_is_refused(tmp_path: Path, name: str) -> None:
    for number in (name, "7.png"):
        small_folder.save(tmp_path / "train" / "image" / number, np.zeros((4, 4), np.uint8))
    with pytest.raises(errors.UserError, match="expected a slice's number"):
        keys(isbi_em.Config(str(tmp_path)), "train")


def test_predictions_beside_the_test_slices_are_none(tmp_path: Path) -> None:
    for name in ("train/image/0.png", "test/0.png", "test/0_predict.png"):
        small_folder.save(tmp_path / name, np.zeros((4, 4), np.uint8))
    assert keys(isbi_em.Config(str(tmp_path)), "test") == ["test/000"]


def test_real_slices(shared_data: Path) -> None:
    config = isbi_em.Config(str(shared_data / "isbi_em"))
    assert keys(config, "eval") == [f"train/{number:03d}" for number in range(19, 24)]
    item = next(isbi_em.items(config, "eval"))
    native = np.asarray(Image.open(shared_data / "isbi_em" / "membrane" / "train" / "label" / "19.png"))
    example = isbi_em.load(config, item)
    np.testing.assert_array_equal(np.array([0, 255])[example.semantic], native)
    assert example.raw_histogram == {0: int((native == 0).sum()), 255: int((native == 255).sum())}
