"""Dilation8: the front end's arithmetic and size, context that changes nothing at first."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.layers import vgg
from seg_models.models import dilation8
from tests import tiny_models

SMALL = vgg.Vgg16(width=1, fc_channels=4, dropout=0.0)
VOC = dataset.DatasetInfo("voc", tuple(dataset.Category(str(name), (0, 0, 0)) for name in range(21)), ())


def network(context: str, noise: float = 0.0) -> keras.Model:
    config = dilation8.Config(context=context, noise=noise, vgg16=SMALL)
    return dilation8.build(config, tiny_models.INFO).network


@pytest.mark.parametrize(
    ("context", "widths"), (("none", ()), ("basic", (1,) * 8), ("large", (1, 2, 2, 4, 8, 16, 32, 32)))
)
def test_parameters(context: str, widths: tuple[int, ...]) -> None:
    with tf.Graph().as_default():  # where weights have shapes but no values yet
        weights = dilation8.build(dilation8.Config(context=context), VOC).network.trainable_weights
    # VGG16's convolutions, fc6, fc7 and the scores of 21 classes; the module's 3x3 convolutions and its last of 1x1.
    front_end = 134_260_544 + 4096 * 21 + 21
    channels = [21 * width for width in widths]
    module = sum(9 * a * b + b for a, b in zip(channels[:-1], channels[1:]))
    last = channels[-1] * 21 + 21 if channels else 0
    assert sum(weight.shape.num_elements() for weight in weights) == front_end + module + last


@pytest.mark.parametrize(("height", "width"), ((1, 1), (13, 16), (40, 25)))
def test_every_pixel_of_any_size_has_its_scores(height: int, width: int) -> None:
    built = network("none")
    image = tf.zeros((1, height, width, 3))
    assert built(image)["semantic"].shape == (1, height, width, 5)
    scores = keras.Model(built.input, built.get_layer("final").output)(image)
    assert scores.shape == (1, -(-height // 8), -(-width // 8), 5)


def test_a_ramp_comes_out_where_it_went_in() -> None:
    """A pooling takes the far end of a rising ramp and the near end of a falling one: their mean is in the middle."""
    built = network("none")
    for layer in built.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel, bias = np.zeros(layer.kernel.shape), np.zeros(layer.bias.shape)
            kernel[kernel.shape[0] // 2, kernel.shape[1] // 2, 0, 0] = 1
            bias[0] = 200 if layer.name == "block1_conv1" else 0
            layer.set_weights([kernel, bias])
    ramp = np.broadcast_to(np.arange(96, dtype=np.float32)[None, :, None, None], (1, 96, 90, 3))
    rising, falling = (built(image)["semantic"][0, 16:80, :, 0].numpy() for image in (ramp, 96 - ramp))
    np.testing.assert_allclose((rising - falling) / 2 + 48, ramp[0, 16:80, :, 0], atol=1e-2)


@pytest.mark.parametrize("context", ("basic", "large"))
def test_context_changes_nothing_at_first_but_what_is_negative(context: str) -> None:
    front_end, whole = network("none"), network(context)
    for layer in front_end.layers:
        if layer.weights:
            whole.get_layer(layer.name).set_weights(layer.get_weights())
    image = tf.random.stateless_uniform((1, 33, 47, 3), seed=(0, 0), maxval=255.0)
    scores = keras.Model(front_end.input, front_end.get_layer("final").output)(image)
    found = keras.Model(whole.input, whole.get_layer("ctx_final").output)(image)
    assert (scores.numpy() > 0).any() and (scores.numpy() < 0).any()
    np.testing.assert_allclose(found, np.maximum(scores, 0), rtol=1e-4, atol=1e-6)


def test_misspelt_and_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="Did you mean `basic`"):
        dilation8.Config(context="basik")
    with pytest.raises(errors.UserError, match="`noise` is -1"):
        dilation8.Config(noise=-1.0)
