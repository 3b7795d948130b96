"""Distances and components: those of scipy, image by image, whatever the batch and its shape."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from seg_models import distance_transform


def masks(density: float, shape: tuple[int, int, int] = (3, 37, 52)) -> np.ndarray:
    """Bool [B, H, W]; the second image is empty."""
    drawn = np.random.default_rng(0).random(shape) < density
    drawn[1] = False
    return drawn


@pytest.mark.parametrize("density", (0.002, 0.05, 0.6))
def test_distances_are_exact(density: float) -> None:
    mask = masks(density)
    found = distance_transform.distance(tf.constant(mask)).numpy()
    for index in (0, 2):
        np.testing.assert_allclose(found[index], ndimage.distance_transform_edt(~mask[index]), rtol=1e-6)
    assert (found[1] == np.float32(np.hypot(37, 52))).all()


@pytest.mark.parametrize("shape", ((2, 1, 9), (2, 9, 1)))
def test_lines_of_pixels(shape: tuple[int, int, int]) -> None:
    mask = np.zeros(shape, bool)
    mask.reshape(2, 9)[0, 2] = True
    found = distance_transform.distance(tf.constant(mask)).numpy().reshape(2, 9)
    assert found[0].tolist() == [2, 1, 0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("density", (0.02, 0.5, 1.0))
def test_components_are_counted_in_each_image(density: float) -> None:
    mask = masks(density)
    found = distance_transform.components(tf.constant(mask)).numpy()
    for index, each in enumerate(mask):
        assert (found[index] == ndimage.label(each)[0]).all()


def test_corners_do_not_connect() -> None:
    mask = tf.constant([[[True, False, True], [False, True, True]]])
    assert distance_transform.components(mask).numpy().tolist() == [[[1, 0, 2], [0, 2, 2]]]


@pytest.mark.parametrize("function", (distance_transform.distance, distance_transform.components))
def test_within_a_data_set_of_unknown_shapes(function: object) -> None:
    mask = masks(0.05)
    signature = tf.TensorSpec([None, None, None], tf.bool)
    traced = tf.function(function, input_signature=[signature])
    batches = tf.data.Dataset.from_tensor_slices(mask).batch(2).map(traced)
    assert batches.element_spec.shape.rank == 3
    assert (np.concatenate(list(batches.as_numpy_iterator())) == function(tf.constant(mask)).numpy()).all()
