"""The feature pyramid: sizes, top-down sums by hand, odd sides, levels of one size, coarser levels."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import feature_pyramid, normalization

NONE = normalization.Norm("none")


def pyramid(coarser: int = 0) -> keras.Model:
    """A pyramid of 4 channels over levels of 3, 5 and 7."""
    levels = {level: keras.Input((None, None, width)) for level, width in (("5", 7), ("3", 3), ("4", 5))}
    return keras.Model(levels, feature_pyramid.feature_pyramid(levels, NONE, channels=4, coarser=coarser))


def noise(sizes: dict[str, tuple[int, int]]) -> dict[str, tf.Tensor]:
    """Features of these sizes, float32 [2, h, w, C]."""
    random = np.random.default_rng(0)
    widths = {"3": 3, "4": 5, "5": 7}
    return {
        level: tf.constant(random.normal(size=(2, *size, widths[level])), tf.float32) for level, size in sizes.items()
    }


def test_each_pixel_is_added_to_those_that_it_stands_for() -> None:
    coarse, fine = tf.constant([[1.0, 2.0], [3.0, 4.0]])[None, ..., None], tf.zeros((1, 3, 4, 1))
    summed = feature_pyramid.TopDown()([coarse, fine])
    np.testing.assert_array_equal(summed[0, ..., 0], [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4]])


@pytest.mark.parametrize("side", range(1, 23))
def test_odd_sides_are_cut_not_stretched(side: int) -> None:
    coarse = tf.range(-(-side // 2), dtype=tf.float32)[None, None, :, None]
    summed = feature_pyramid.TopDown()([coarse, tf.zeros((1, 1, side, 1))])
    np.testing.assert_array_equal(summed[0, 0, :, 0], np.arange(side) // 2)


def test_equal_sizes_are_added_as_they_are() -> None:
    coarse, fine = tf.random.stateless_normal((1, 5, 3, 2), [1, 2]), tf.ones((1, 5, 3, 2))
    np.testing.assert_array_equal(feature_pyramid.TopDown()([coarse, fine]), coarse + fine)


def test_is_laterals_summed_from_the_top_and_smoothed() -> None:
    network = pyramid()
    levels = noise({"3": (4, 8), "4": (2, 4), "5": (1, 2)})
    weights = {weight.name.split(":")[0]: weight.numpy() for weight in network.weights}
    total, expected = None, {}
    for level in ("5", "4", "3"):
        kernel, bias = (weights[f"fpn_lateral{level}/{part}"] for part in ("kernel", "bias"))
        lateral = levels[level].numpy() @ kernel[0, 0] + bias
        total = lateral if total is None else lateral + np.kron(total, np.ones((1, 2, 2, 1)))
        smooth = weights[f"fpn_output{level}/kernel"]
        expected[level] = tf.nn.conv2d(tf.cast(total, tf.float32), smooth, 1, "SAME")
    outputs = network(levels)
    assert list(outputs) == ["3", "4", "5"]
    for level in expected:
        np.testing.assert_allclose(outputs[level], expected[level], atol=1e-5)


def test_coarser_levels_are_every_second_pixel() -> None:
    outputs = pyramid(coarser=2)(noise({"3": (18, 20), "4": (9, 10), "5": (5, 5)}))
    assert list(outputs) == ["3", "4", "5", "6", "7"]
    np.testing.assert_array_equal(outputs["6"], outputs["5"][:, ::2, ::2])
    np.testing.assert_array_equal(outputs["7"], outputs["5"][:, ::4, ::4])


def test_normalised_pyramids_have_no_biases() -> None:
    levels = {level: keras.Input((None, None, 4)) for level in ("2", "3")}
    network = keras.Model(levels, feature_pyramid.feature_pyramid(levels, normalization.Norm("batch"), channels=8))
    assert not any("bias" in weight.name for weight in network.weights)
    assert sum("gamma" in weight.name for weight in network.weights) == 4
