"""Mirroring around the edges, checked against numpy; the way back."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import mirror_padding


@pytest.mark.parametrize(("height", "width"), ((8, 8), (5, 12), (3, 1), (1, 2)))
def test_mirrors_as_numpy_does_even_where_the_border_is_wider_than_the_image(height: int, width: int) -> None:
    image = np.random.default_rng(0).normal(size=(2, height, width, 3)).astype(np.float32)
    padded = mirror_padding.MirrorPadding(multiple=4, shortfall=2, margin=7)(image)
    after = [-(size + 2) % 4 + 7 for size in (height, width)]
    expected = np.pad(image, ((0, 0), (7, after[0]), (7, after[1]), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(padded, expected)


def test_a_fitting_image_stays() -> None:
    image = tf.random.normal((1, 8, 16, 3))
    np.testing.assert_array_equal(mirror_padding.MirrorPadding(multiple=8, shortfall=0, margin=0)(image), image)


def test_crop_undoes_it() -> None:
    image = tf.random.normal((1, 5, 9, 3))
    padded = mirror_padding.MirrorPadding(multiple=8, shortfall=0, margin=0)(image)
    assert padded.shape == (1, 8, 16, 3)
    np.testing.assert_array_equal(mirror_padding.CropLike()([padded, image]), image)
