"""Colour: each of the four does what its name says; the maps stay."""

import colorsys

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.augment import color

INFO = dataset.DatasetInfo("none", (dataset.Category("a", (0, 0, 0)),), ())
OFF = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}
IMAGE = np.random.default_rng(0).uniform(90, 160, [6, 7, 3]).astype(np.float32)
LUMA = np.array([0.299, 0.587, 0.114])


def recoloured(seed: int, image: np.ndarray = IMAGE, **strength: float) -> np.ndarray:
    maps = tf.ones(image.shape[:2], tf.int32)
    example = {"image": tf.constant(image), "semantic": maps, "instance": maps}
    result = color.apply(color.Config(**{**OFF, **strength}), example, seed=tf.constant([0, seed]), info=INFO)
    assert (result["semantic"].numpy() == 1).all() and (result["instance"].numpy() == 1).all()
    return result["image"].numpy()


def test_nothing_asked_nothing_done() -> None:
    np.testing.assert_allclose(recoloured(0), IMAGE, atol=1e-3)


def test_brightness_adds_the_same_everywhere() -> None:
    changes = [recoloured(seed, brightness=0.2) - IMAGE for seed in range(20)]
    for change in changes:
        np.testing.assert_allclose(change, change[0, 0, 0], atol=1e-3)
    shifts = [change[0, 0, 0] for change in changes]
    assert -51 <= min(shifts) < -20 and 20 < max(shifts) <= 51


def test_contrast_stretches_about_the_mean_grey() -> None:
    grey = (IMAGE @ LUMA).mean()
    factors = []
    for seed in range(20):
        factor = (recoloured(seed, contrast=0.5) - grey) / (IMAGE - grey)
        np.testing.assert_allclose(factor, np.median(factor), atol=1e-2)
        factors.append(np.median(factor))
    assert 0.5 <= min(factors) < 0.8 and 1.2 < max(factors) <= 1.5


def test_saturation_keeps_each_pixels_grey() -> None:
    own = (IMAGE @ LUMA)[..., None]
    for seed in range(5):
        result = recoloured(seed, saturation=0.5)
        np.testing.assert_allclose(result @ LUMA, own[..., 0], atol=1e-2)
        factor = (result - own)[0, 0] / (IMAGE - own)[0, 0]
        np.testing.assert_allclose(factor, factor[0], atol=1e-2)
        assert 0.5 <= factor[0] <= 1.5


def test_hue_turns_colours_and_leaves_grey() -> None:
    grey = np.full([2, 2, 3], 77, np.float32)
    red = np.full([2, 2, 3], [180, 60, 60], np.float32)
    for seed in range(5):
        np.testing.assert_allclose(recoloured(seed, grey, hue=0.5), grey, atol=1e-2)
        turned = recoloured(seed, red, hue=0.1)
        np.testing.assert_allclose(turned @ LUMA, red @ LUMA, atol=1e-2)
        hue = colorsys.rgb_to_hsv(*turned[0, 0])[0]
        assert min(hue, 1 - hue) < 0.2


def test_gamma_is_a_power() -> None:
    exponents = []
    for seed in range(20):
        ratio = np.log(recoloured(seed, gamma=0.4) / 255) / np.log(IMAGE / 255)
        np.testing.assert_allclose(ratio, np.median(ratio), rtol=1e-3)
        exponents.append(np.log(np.median(ratio)))
    assert -0.4 <= min(exponents) < -0.2 and 0.2 < max(exponents) <= 0.4


def test_some_images_lose_all_colour() -> None:
    results = [recoloured(seed, grey=0.25) for seed in range(200)]
    grey = [np.ptp(result, axis=2).max() < 0.01 for result in results]
    assert 28 <= sum(grey) <= 72
    np.testing.assert_allclose(results[grey.index(True)][..., 0], IMAGE @ LUMA, atol=0.01)
    np.testing.assert_allclose(results[grey.index(False)], IMAGE, atol=0.01)


def test_clipped() -> None:
    extremes = np.array([[[0, 0, 0], [255, 255, 255]]], np.float32)
    results = np.stack([recoloured(seed, extremes, brightness=1.0) for seed in range(10)])
    assert results.min() == 0 and results.max() == 255


def test_a_wrong_strength_is_refused() -> None:
    with pytest.raises(errors.UserError, match="`hue`"):
        color.Config(hue=0.7)
