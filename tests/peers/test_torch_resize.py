"""Resizing as torch does it: features, images with antialiasing, ids."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import model, resize
from seg_models.layers import corner_resize, resize_like
from tests.peers import arrays, torch_results

torch = pytest.importorskip("torch")
functional = torch.nn.functional
first, last = torch_results.first, torch_results.last

LARGER = [((5, 7), (13, 9)), ((9, 9), (33, 65)), ((1, 1), (4, 3)), ((2, 1), (7, 7))]
SMALLER = [((37, 53), (16, 20)), ((37, 53), (36, 9)), ((12, 10), (5, 3)), ((7, 5), (1, 1))]
SIZES = [*LARGER, *SMALLER, ((6, 20), (17, 7)), ((9, 9), (9, 9))]


@pytest.mark.parametrize(("size", "wanted"), SIZES)
def test_features_with_half_pixel_centres(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    torch_results.assert_equal(
        f"{size} to {wanted}",
        lambda values: model.resize(values, wanted),
        lambda values: last(functional.interpolate(first(values), wanted, mode="bilinear", align_corners=False)),
        arrays.normal(2, *size, 3),
    )


@pytest.mark.parametrize(("size", "wanted"), SIZES)
def test_features_between_the_corners(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    torch_results.assert_equal(
        f"{size} to {wanted}, corners",
        lambda values: corner_resize.resized(values, tf.constant(wanted)),
        lambda values: last(functional.interpolate(first(values), wanted, mode="bilinear", align_corners=True)),
        arrays.normal(2, *size, 3),
    )


def test_features_to_the_size_of_others() -> None:
    torch_results.assert_equal(
        "resize like",
        lambda values: resize_like.ResizeLike()([values, tf.zeros((2, 19, 8, 1))]),
        lambda values: last(functional.interpolate(first(values), (19, 8), mode="bilinear", align_corners=False)),
        arrays.normal(2, 5, 8, 3),
    )


@pytest.mark.parametrize(("size", "wanted"), SIZES)
def test_images_with_antialiasing(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    image = arrays.pixels(2, *size)
    theirs = functional.interpolate(
        first(torch.tensor(image)), wanted, mode="bilinear", align_corners=False, antialias=True
    )
    arrays.assert_equal(f"image {size} to {wanted}", resize.image(image, wanted), last(theirs))


@pytest.mark.parametrize(("size", "wanted"), SIZES)
def test_ids_with_the_same_centres(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    ids = np.arange(2 * size[0] * size[1]).reshape(2, *size).astype(np.int32)
    theirs = functional.interpolate(torch.tensor(ids)[:, None].double(), wanted, mode="nearest-exact")[:, 0]
    np.testing.assert_array_equal(resize.nearest(tf.constant(ids), wanted), theirs.numpy())
