"""From an image to maps, by hand and with a model that looks at single pixels."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, model, predict
from seg_models.losses import cross_entropy
from tests import tiny_models

INFO = tiny_models.INFO
VOID = dataset.VOID_16


def brightness_model(stride: int = 1) -> model.SemanticModel:
    """Says class c of pixels around 50 c + 25; at 1 / stride of the image's size."""
    image = keras.Input((None, None, 3))
    grey = keras.layers.AveragePooling2D(stride)(image)
    layer = keras.layers.Conv2D(INFO.num_categories, 1)
    scores = layer(grey)
    middle = 50 * np.arange(INFO.num_categories) + 25
    # -(x - m)^2 = 2 m x - m^2 - x^2, and x^2 is the same for all classes.
    layer.set_weights([np.tile(2 * middle / 3, (1, 1, 3, 1)), -(middle**2)])
    return model.SemanticModel(INFO, keras.Model(image, {"semantic": scores}), cross_entropy.Config())


def picture(classes: np.ndarray) -> np.ndarray:
    """uint8 [B, H, W, 3] that brightness_model takes for int [B, H, W]."""
    return np.repeat(classes[..., None] * 50 + 25, 3, axis=-1).astype(np.uint8)


def test_a_semantic_model_tells_stuff_and_leaves_things_void() -> None:
    classes = np.array([[[0, 1, 2], [3, 4, 1]]])
    maps = predict.predict(brightness_model(), tf.constant(picture(classes)), None)
    assert (maps["semantic"] == classes).numpy().all()
    divisor = INFO.label_divisor
    assert maps["panoptic"].numpy().tolist() == [[[0, divisor, VOID], [3 * divisor, VOID, divisor]]]


@pytest.mark.parametrize("working_size", [None, (16, 24), (64, 96)])
def test_maps_have_the_image_s_own_size_whatever_the_model_works_at(working_size: tuple[int, int] | None) -> None:
    classes = np.random.default_rng(0).integers(0, 5, (2, 4, 6)).repeat(8, 1).repeat(8, 2)
    maps = predict.predict(brightness_model(), tf.constant(picture(classes)), working_size)
    assert maps["semantic"].shape == maps["panoptic"].shape == classes.shape
    assert (maps["semantic"].numpy() == classes)[:, 3::8, 3::8].all()


def test_scores_are_enlarged_not_classes() -> None:
    """Halfway between a 0 and a 2 the scores of 1 are best; enlarged class ids would never say so."""
    network = brightness_model()
    outputs = network.network(tf.constant(picture(np.array([[[0, 2]]])), tf.float32))
    found = network.maps(outputs, tf.constant([1, 16]))["semantic"].numpy()[0, 0].tolist()
    # Enlarged 8 times, the brightness grows from 25 at pixel 3.5 to 125 at 11.5: it is 50 at 5.5 and 100 at 9.5.
    assert found == [0] * 6 + [1] * 4 + [2] * 6


def test_the_working_size_is_reached_as_in_training() -> None:
    image = np.random.default_rng(1).integers(0, 256, (1, 40, 60, 3)).astype(np.uint8)
    shrunk = predict.to_working_size(tf.constant(image), (20, 30)).numpy()
    assert shrunk.shape == (1, 20, 30, 3) and shrunk.dtype == np.float32
    # Antialiased: each of the middle pixels averages 4 x 4 with weights 1 3 3 1.
    weights = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64
    expected = (image[0, 9:13, 19:23].astype(float) * weights[..., None]).sum((0, 1))
    np.testing.assert_allclose(shrunk[0, 5, 10], expected, atol=1e-3)
    assert (predict.to_working_size(tf.constant(image), None).numpy() == image).all()


def test_white_stays_white() -> None:
    for size in ((33, 47), (250, 7), (17, 200)):
        white = predict.to_working_size(tf.fill([1, 100, 130, 3], tf.constant(255, tf.uint8)), size)
        assert float(tf.reduce_max(white)) <= 255 and float(tf.reduce_min(white)) > 254.99


def test_segments_are_counted() -> None:
    divisor = INFO.label_divisor
    panoptic = tf.constant([[VOID, 0, 0, 2 * divisor + 7], [4 * divisor + 1, 0, VOID, 2 * divisor + 7]])
    found = {name: value.numpy().tolist() for name, value in predict.segments(panoptic, INFO).items()}
    assert found == {
        "segment_id": [0, 2 * divisor + 7, 4 * divisor + 1],
        "segment_category": [0, 2, 4],
        "segment_area": [3, 2, 1],
    }


def test_an_image_of_void_has_no_segments() -> None:
    found = predict.segments(tf.fill([2, 3], VOID), INFO)
    assert all(value.shape == (0,) and value.dtype == tf.int32 for value in found.values())
