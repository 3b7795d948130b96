"""crackforest: both forms of a segmentation say the same; the values that nobody explains are void."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io

from seg_models import dataset, errors
from seg_models.datasets import crackforest
from tests.raw_trees import crackforest as tree


def load_all(data_dir: Path) -> dict[str, dataset.Example]:
    config = crackforest.Config(str(data_dir))
    found = [item for split in ("train", "eval") for item in crackforest.items(config, split)]
    return {item.key: crackforest.load(config, item) for item in found}


def test_text_is_read_where_there_is_no_matlab_file(tmp_path: Path) -> None:
    tree.make(tmp_path)
    both = load_all(tmp_path)
    assert len(both) == tree.COUNT
    for index in range(tree.COUNT):
        name = f"{index + 1:03d}"
        expected = both[name].raw
        tree.save_text(tmp_path / "seg" / f"{name}.seg", expected)
        (tmp_path / "groundTruth" / f"{name}.mat").unlink(missing_ok=True)
    for name, example in load_all(tmp_path).items():
        np.testing.assert_array_equal(example.raw, both[name].raw)
        np.testing.assert_array_equal(example.semantic == 1, both[name].raw == 2)
        np.testing.assert_array_equal(example.semantic == dataset.VOID, both[name].raw > 2)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0 0 0 19\n", "", "do not cover its 24x18 pixels once each"),
        ("0 0 0 19\n", "0 0 0 20\n", "do not cover"),
        ("0 0 0 19\n", "0 0 1 20\n", "overlap"),
        ("0 0 0 19\n", "0 0 -1 18\n", "do not cover"),
        ("0 0 0 19\n", "0 0 0\n", "truncated"),
        ("data\n", "", "not a segmentation file"),
        ("width 24\n", "", "not a segmentation file"),
    ],
)
def test_a_damaged_text_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    tree.make(tmp_path)
    path = tmp_path / "seg" / "006.seg"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    item = dataset.Item("006", (("image", str(tmp_path / "image" / "006.jpg")), ("segmentation", str(path))))
    with pytest.raises(errors.DataError, match=f"006.seg: .*{said}"):
        crackforest.load(crackforest.Config(str(tmp_path)), item)


def test_an_image_without_segmentation_is_refused(tmp_path: Path) -> None:
    tree.make(tmp_path)
    (tmp_path / "groundTruth" / "002.mat").unlink()
    with pytest.raises(errors.DataError, match="002.mat: the segmentation of `002` is missing; its image"):
        load_all(tmp_path)


def test_real_texts_say_what_the_matlab_files_say(shared_data: Path) -> None:
    config = crackforest.Config(str(shared_data / "crackforest"))
    counts = {split: len(list(crackforest.items(config, split))) for split in ("train", "eval")}
    assert sum(counts.values()) == 118
    for name in ("001", "084", "097", "118"):
        image = str(shared_data / "crackforest" / "image" / f"{name}.jpg")
        native = scipy.io.loadmat(shared_data / "crackforest" / "groundTruth" / f"{name}.mat")
        expected = native["groundTruth"]["Segmentation"][0, 0]
        for path in (f"groundTruth/{name}.mat", f"seg/{name}.seg"):
            item = dataset.Item(name, (("image", image), ("segmentation", str(shared_data / "crackforest" / path))))
            np.testing.assert_array_equal(crackforest.load(config, item).raw, expected)
