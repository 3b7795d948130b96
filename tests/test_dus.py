"""dus: images encoded anew without loss, labels by the settings, and what is wrong with a tree."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seg_models import errors, image_files
from seg_models.datasets import dus
from tests.raw_trees import dus as raw_tree


@pytest.fixture
def config(tmp_path: Path) -> dus.Config:
    """The made tree."""
    return dus.Config(data_dir=str(raw_tree.make(tmp_path)), **raw_tree.FIELDS)


def values_of(path: str, kind: str = ">u2") -> np.ndarray:
    """The values of a PGM of 11x26 pixels, which stand at its end."""
    content = Path(path).read_bytes()
    return np.frombuffer(content[-11 * 26 * np.dtype(kind).itemsize :], kind).reshape(11, 26).astype(int)


def test_no_bit_of_an_image_is_lost(config: dus.Config) -> None:
    item = next(dus.items(config, "train"))
    example = dus.load(config, item)
    values = values_of(item.path("image"))
    assert values.max() > 3000
    stored = np.asarray(Image.open(io.BytesIO(example.image_bytes))).astype(int)
    np.testing.assert_array_equal(stored >> 4, values)
    # Readers of 8 bits see the whole range, not a night.
    np.testing.assert_array_equal(image_files.decode_rgb(example.image_bytes)[..., 0], values >> 4)
    np.testing.assert_array_equal(example.maps["disparity"], values_of(item.path("disparity")))


def test_labels_by_the_settings(config: dus.Config) -> None:
    item = next(dus.items(config, "train"))
    example = dus.load(config, item)
    raw = values_of(item.path("mask"), "u1")
    train_ids = {0: 0, 7: 1, 8: 1, 1: 2, 2: 3, 4: 4, 3: 255, 255: 255}
    np.testing.assert_array_equal(example.semantic, np.vectorize(train_ids.get)(raw))
    np.testing.assert_array_equal(example.raw, raw)


def test_labelled_frames_of_the_published_sequences(config: dus.Config) -> None:
    keys = {split: [item.key for item in dus.items(config, split)] for split in dus.SEQUENCES}
    numbers = ("000000009", "000000019")
    assert keys["train"] == [f"{sequence}/{number}" for sequence in ("train_1", "train_3") for number in numbers]
    assert keys["eval"] == [f"{sequence}/{number}" for sequence in ("test_1", "test_2") for number in numbers]


def test_values_without_a_meaning_are_asked_for(config: dus.Config) -> None:
    with pytest.raises(errors.UserError, match=r"which values in the maps are ground, building, .* sky\?") as caught:
        dus.info(dus.Config(data_dir=config.data_dir))
    assert "label000000009.pgm has the values 0 (" in str(caught.value)
    with pytest.raises(errors.UserError, match=r"are sky\?"):
        dus.info(dus.Config(**{**raw_tree.FIELDS, "sky": ()}))
    with pytest.raises(errors.UserError, match="the label value 4: expected 0..255, each given once"):
        dus.Config(**{**raw_tree.FIELDS, "ground": (4,)})


def test_broken_files_are_explained(config: dus.Config) -> None:
    item = next(dus.items(config, "train"))
    raw_tree.save(Path(item.path("mask")), np.full((11, 26), 9), 255)
    with pytest.raises(errors.DataError, match="label000000009.pgm: raw value 9 on 286 pixels is not listed"):
        dus.load(config, item)
    raw_tree.save(Path(item.path("image")), np.full((11, 26), 4096), 65535)
    with pytest.raises(errors.DataError, match="imgleft000000009.pgm: has the value 4096; expected 12 bits"):
        dus.load(config, item)
    raw_tree.save(Path(item.path("image")), np.zeros((11, 25)), 65535)
    with pytest.raises(errors.DataError, match="label000000009.pgm: the mask is 26x11, its image .* is 25x11"):
        dus.load(config, item)
    Path(item.path("image")).unlink()
    with pytest.raises(errors.DataError, match="the image of `train_1/000000009` is missing"):
        dus.load(config, item)
    with pytest.raises(errors.UserError, match="not Daimler Urban Segmentation; expected the folders train_1"):
        next(dus.items(dus.Config(data_dir=f"{config.data_dir}/train_1"), "train"))
