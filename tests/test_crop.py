"""Crop: the window lies inside, every place is possible, what is missing is grey and void."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.augment import crop

INFO = dataset.DatasetInfo("none", (dataset.Category("a", (0, 0, 0)),), ())
TWO = dataset.DatasetInfo("two", INFO.categories * 2, ())


def cropped(size: tuple[int, int], window: tuple[int, int], seed: int) -> dict[str, np.ndarray]:
    """A crop of an image whose `instance` counts the pixels from 1, so that it says where the window was."""
    count = np.arange(1, size[0] * size[1] + 1, dtype=np.int32).reshape(size)
    image = np.repeat(count[..., None], 3, axis=2).astype(np.float32) / 10
    example = {"image": tf.constant(image), "semantic": tf.zeros(size, tf.int32), "instance": tf.constant(count)}
    result = crop.apply(crop.Config(*window), example, seed=tf.constant([1, seed]), info=INFO)
    return {name: value.numpy() for name, value in result.items()}


def test_every_window_of_a_larger_image_is_drawn() -> None:
    corners = set()
    for seed in range(150):
        instance = cropped((5, 6), (3, 4), seed)["instance"]
        row, column = divmod(int(instance[0, 0]) - 1, 6)
        assert (instance == np.arange(1, 31).reshape(5, 6)[row : row + 3, column : column + 4]).all()
        corners.add((row, column))
    assert corners == {(row, column) for row in range(3) for column in range(3)}


def test_a_smaller_image_is_whole_and_surrounded_by_grey_and_void() -> None:
    places = set()
    for seed in range(100):
        result = cropped((2, 3), (4, 4), seed)
        inside = result["instance"] > 0
        rows, columns = np.nonzero(inside)
        places.add((rows[0], columns[0]))
        assert result["instance"][inside].tolist() == [1, 2, 3, 4, 5, 6]
        assert (result["semantic"] == np.where(inside, 0, 255)).all()
        np.testing.assert_allclose(result["image"][..., 1], np.where(inside, result["instance"] / 10, 127.5), rtol=1e-6)
    assert places == {(row, column) for row in range(3) for column in range(2)}


def test_padded_one_way_and_cut_the_other() -> None:
    result = cropped((2, 9), (4, 4), 3)
    assert (result["instance"] > 0).sum() == 8
    assert (result["semantic"] == 0).sum() == 8


def test_the_shape_is_static() -> None:
    spec = {
        "image": tf.TensorSpec([None, None, 3]),
        "semantic": tf.TensorSpec([None, None], tf.int32),
        "instance": tf.TensorSpec([None, None], tf.int32),
    }

    def window(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return crop.apply(crop.Config(4, 6), example, seed=tf.constant([0, 0]), info=INFO)

    traced = tf.function(window, input_signature=[spec]).get_concrete_function()
    assert {name: tuple(tensor.shape) for name, tensor in traced.structured_outputs.items()} == {
        "image": (4, 6, 3), "semantic": (4, 6), "instance": (4, 6)
    }  # fmt: skip


def fractions(config: crop.Config, semantic: np.ndarray) -> list[float]:
    """The share of the commonest class, void aside, in 60 windows."""
    maps = tf.constant(semantic, tf.int32)
    example = {"image": tf.zeros([*semantic.shape, 3]), "semantic": maps, "instance": maps}
    shares = []
    for seed in range(60):
        window = crop.apply(config, example, seed=tf.constant([1, seed]), info=TWO)["semantic"].numpy()
        counts = np.unique(window[window != 255], return_counts=True)[1]
        shares.append(counts.max() / counts.sum() if counts.size else 1.0)
    return shares


def test_no_class_fills_a_window() -> None:
    semantic = np.zeros([20, 30], np.int32)
    semantic[:, 22:] = 1
    semantic[:, 10:14] = 255
    first = fractions(crop.Config(8, 8), semantic)
    again = fractions(crop.Config(8, 8, max_category_fraction=0.75, tries=40), semantic)
    assert sum(share >= 0.75 for share in first) > 30
    assert max(again) < 0.75


def test_a_window_is_taken_after_all_tries() -> None:
    config = crop.Config(8, 8, max_category_fraction=0.75, tries=3)
    assert fractions(config, np.zeros([20, 30], np.int32)) == [1.0] * 60
    assert fractions(config, np.full([20, 30], 255)) == [1.0] * 60


def test_a_good_first_window_stays() -> None:
    semantic = np.indices([20, 30]).sum(axis=0) % 2
    maps = tf.constant(semantic, tf.int32)
    example = {"image": tf.zeros([20, 30, 3]), "semantic": maps, "instance": tf.reshape(tf.range(600), [20, 30])}
    for seed in range(10):
        one, other = (
            crop.apply(config, example, seed=tf.constant([1, seed]), info=TWO)["instance"].numpy()
            for config in (crop.Config(8, 8), crop.Config(8, 8, max_category_fraction=0.75))
        )
        assert (one == other).all()


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(errors.UserError, match="`height`"):
        crop.Config(0, 4)
