"""VGG16 in pieces: the published number of parameters, the classifier's scores from its weights as convolutions."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import errors
from seg_models.layers import normalization, vgg

NONE = normalization.Norm("none")
WIDTH, CHANNELS = 2, 8


def convolutional(settings: vgg.Vgg16, kernel_size: int = 7, rate: int = 1) -> keras.Model:
    """VGG16 up to fc7, float [B, H, W, 3] -> float [B, h, w, D]."""
    image = features = keras.Input((None, None, 3))
    for number in range(1, 6):
        features = keras.layers.MaxPooling2D(2)(vgg.block(features, number, settings, NONE))
    features = vgg.fully_connected(features, settings, NONE, kernel_size=kernel_size, rate=rate)
    return keras.Model(image, features)


@pytest.fixture(scope="module")
def classifier() -> keras.Model:
    """A narrow VGG16 with dense layers, named as in keras.applications, up to fc2."""
    keras.utils.set_random_seed(0)
    image = features = keras.Input((224, 224, 3))
    for number, (count, times) in enumerate(zip((2, 2, 3, 3, 3), (1, 2, 4, 8, 8)), start=1):
        for place in range(1, count + 1):
            features = keras.layers.Conv2D(
                WIDTH * times, 3, padding="same", activation="relu", name=f"block{number}_conv{place}"
            )(features)
        features = keras.layers.MaxPooling2D(2)(features)
    for name in ("fc1", "fc2"):
        flat = keras.layers.Flatten()(features)
        features = keras.layers.Dense(CHANNELS, activation="relu", bias_initializer="normal", name=name)(flat)
    return keras.Model(image, features)


def test_parameters_of_configuration_d() -> None:
    with tf.Graph().as_default():  # where weights have shapes but no values yet
        weights = convolutional(vgg.Vgg16()).trainable_weights
    # Simonyan and Zisserman, table 2: 138 million with the last layer, of 1000 classes.
    assert sum(weight.shape.num_elements() for weight in weights) + 4096 * 1000 + 1000 == 138_357_544


def test_convolutions_say_what_the_dense_layers_said(classifier: keras.Model) -> None:
    network = convolutional(vgg.Vgg16(WIDTH, CHANNELS))
    vgg.transfer(classifier, network)
    image = tf.random.stateless_uniform((2, 224, 224, 3), seed=(0, 0), maxval=255.0)
    found = network(image)
    assert found.shape == (2, 1, 1, CHANNELS) and found.numpy().any()
    np.testing.assert_allclose(found[:, 0, 0], classifier(image), rtol=1e-4, atol=1e-5)


def test_thinned_layers_take_even_steps(classifier: keras.Model) -> None:
    network = convolutional(vgg.Vgg16(WIDTH, CHANNELS // 2), kernel_size=3, rate=3)
    vgg.transfer(classifier, network)
    whole = classifier.get_layer("fc1").kernel.numpy().reshape(7, 7, 8 * WIDTH, CHANNELS)
    np.testing.assert_array_equal(network.get_layer("fc6").kernel, whole[::3, ::3, :, ::2])
    np.testing.assert_array_equal(network.get_layer("fc6").bias, classifier.get_layer("fc1").bias.numpy()[::2])
    np.testing.assert_array_equal(network.get_layer("fc7").kernel[0, 0], classifier.get_layer("fc2").kernel[::2, ::2])


def test_another_width_has_no_pretrained_weights(classifier: keras.Model) -> None:
    with pytest.raises(errors.UserError, match="`block1_conv1` has the shape"):
        vgg.transfer(classifier, convolutional(vgg.Vgg16(WIDTH + 1, CHANNELS)))
    with pytest.raises(errors.UserError, match="`fc6` has the shape"):
        vgg.transfer(classifier, convolutional(vgg.Vgg16(WIDTH, 2 * CHANNELS)))


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(errors.UserError, match="no file nowhere.h5"):
        vgg.load(convolutional(vgg.Vgg16(WIDTH, CHANNELS)), vgg.Vgg16(weights="nowhere.h5"))


@pytest.mark.slow
def test_a_file_of_another_network(tmp_path: Path) -> None:
    (tmp_path / "no.h5").write_bytes(b"no weights")
    with pytest.raises(errors.UserError, match="does not fit VGG16"):
        vgg.classifier(str(tmp_path / "no.h5"))


def test_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="0 <= dropout < 1"):
        vgg.Vgg16(dropout=1.0)
