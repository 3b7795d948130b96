"""Sliding windows against plain numpy sums over the whole image."""

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors, inference, model, predict, resize, views, windows
from seg_models.losses import cross_entropy
from tests import tiny_models

INFO = dataset.DatasetInfo("four", tuple(dataset.Category(name, (0, 0, 0)) for name in "abcd"), ())


@keras.saving.register_keras_serializable(package="tests")
class PlaceDependent(keras.layers.Layer):
    """Scores that depend on the pixel and on its place in the window, so that every window says something else."""

    def call(self, image: tf.Tensor) -> tf.Tensor:
        size = tf.cast(tf.shape(image)[1:3], tf.float32)
        rows = tf.range(size[0])[None, :, None, None] / size[0]
        columns = tf.range(size[1])[None, None, :, None] / size[1]
        grey = tf.reduce_mean(image, axis=-1, keepdims=True) / 255
        return tf.concat([grey + rows, 1.2 - grey + columns, 0.9 + 0 * grey, grey * columns + rows], axis=-1)


def network() -> model.SemanticModel:
    image = keras.Input((None, None, 3), name="image")
    inner = keras.Model(image, {"semantic": PlaceDependent()(image)}, name="place_dependent")
    return model.SemanticModel(INFO, inner, cross_entropy.Config())


def picture(batch: int, height: int, width: int) -> np.ndarray:
    """uint8 [batch, height, width, 3]."""
    return np.random.default_rng(height).integers(0, 256, (batch, height, width, 3), dtype=np.uint8)


def starts(length: int, used: int, step: int) -> list[int]:
    last = max(length - used, 0)
    return [min(start, last) for start in range(0, last + step, step)]


def naive(image: np.ndarray, settings: inference.Inference) -> np.ndarray:
    """The probabilities of all windows summed over the whole, mirrored image, float64 [B, H, W, C]."""
    height, width = image.shape[1:3]
    border = 2 * max(settings.window) + max(height, width)
    inside = [(border, border)] * 2
    padded = np.pad(image, [(0, 0), *inside, (0, 0)], mode="reflect").astype(np.float32)
    sums = np.zeros((len(image), *padded.shape[1:3], INFO.num_categories))
    for top in starts(height, settings.used[0], settings.steps[0]):
        for left in starts(width, settings.used[1], settings.steps[1]):
            y, x = top + border - settings.margin, left + border - settings.margin
            seen = padded[:, y : y + settings.window[0], x : x + settings.window[1]]
            scores = network().probabilities({"semantic": PlaceDependent()(seen)}, tf.constant(settings.window)).numpy()
            (rows, columns), margin = settings.used, settings.margin
            inner = scores[:, margin : margin + rows, margin : margin + columns]
            sums[:, top + border : top + border + rows, left + border : left + border + columns] += inner
    return sums[:, border : border + height, border : border + width]


@pytest.mark.parametrize("size", [(20, 31), (17, 16), (5, 40), (9, 7), (1, 1)])
@pytest.mark.parametrize(
    "settings",
    [
        inference.Inference(window=(9, 8)),
        inference.Inference(window=(9, 8), stride=(3, 2)),
        inference.Inference(window=(9, 8), stride=(9, 8)),
        inference.Inference(window=(11, 12), margin=2),
        inference.Inference(window=(11, 12), margin=2, stride=(4, 5)),
    ],
    ids=str,
)
def test_every_pixel_is_the_best_of_all_windows_that_see_it(
    settings: inference.Inference, size: tuple[int, int]
) -> None:
    image, ours = picture(2, *size), network()
    expected = naive(image, settings)
    found = tf.function(lambda image: windows.semantic(ours, image, settings))(tf.constant(image)).numpy()
    assert found.shape == expected.shape[:3]
    # Where two classes are equal but for rounding, either may win.
    chosen = np.take_along_axis(expected, found[..., None], axis=-1)[..., 0]
    assert (chosen > expected.max(axis=-1) - 1e-5).all()
    assert len(np.unique(found)) > 1 or size == (1, 1)


def test_panels_change_nothing() -> None:
    image, ours = tf.constant(picture(2, 70, 1300)), network()
    settings = inference.Inference(window=(64, 48), memory_mb=256)
    small = dataclasses.replace(settings, memory_mb=1)
    assert 1300 > 2 * small.memory_mb * 2**20 // (2 * 64 * 4 * 4), "the image must need several panels"
    whole, panels = (windows.semantic(ours, image, each).numpy() for each in (settings, small))
    assert (whole == panels).mean() > 0.9999  # sums in another order may round to the other of two equals


def test_a_window_like_the_image_says_what_the_whole_image_says() -> None:
    image, ours = picture(1, 20, 31), network()
    windowed = predict.predict(ours, tf.constant(image), None, inference.Inference(window=(20, 31)))
    whole = predict.predict(ours, tf.constant(image), None)
    assert (windowed["semantic"].numpy() == whole["semantic"].numpy()).all()


def test_views_are_averaged() -> None:
    image, ours = tf.constant(picture(1, 20, 31), tf.float32), network()
    size = tf.constant([20, 31])
    settings = inference.Inference(scales=(0.5, 1.0), flip=True)
    found = views.probabilities(ours, image, settings, size).numpy()
    small = resize.image(image, (10, 16))
    expected = [
        ours.probabilities(ours(seen), size).numpy()[:, :, ::step]
        for seen, step in ((image, 1), (image[:, :, ::-1], -1), (small, 1), (small[:, :, ::-1], -1))
    ]
    np.testing.assert_allclose(found, np.mean(expected, axis=0), atol=1e-6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"window": (8, 8), "margin": 4}, "`inference.margin` is 4"),
        ({"window": (8, 8), "stride": (9, 8)}, "at most the .8, 8. pixels"),
        ({"margin": 2}, "need `inference.window`"),
        ({"scales": ()}, "`inference.scales`"),
        ({"memory_mb": 0}, "`inference.memory_mb`"),
    ],
)
def test_settings_that_cannot_be(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        inference.Inference(**fields)


def test_things_have_no_average() -> None:
    panoptic = tiny_models.shared("panoptic_deeplab")
    with pytest.raises(errors.UserError, match="tells things apart"):
        predict.predict(panoptic, tf.constant(picture(1, 20, 31)), None, inference.Inference(flip=True))
