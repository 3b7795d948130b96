"""DeepLab-LargeFOV: table 1 of the paper, scores that lie where their pixels do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors, model
from seg_models.layers import vgg
from seg_models.losses import border_weighted_cross_entropy
from seg_models.models import deeplab_v1
from tests import tiny_models

SMALL = vgg.Vgg16(width=1, fc_channels=4, dropout=0.0)
VOC = dataset.DatasetInfo("voc", tuple(dataset.Category(str(name), (0, 0, 0)) for name in range(21)), ())

# Kernel, input stride, channels of fc6 and fc7; field of view in pixels, millions of parameters.
TABLE_1 = (
    (7, 4, 4096, 224, 134.3),
    (4, 4, 4096, 128, 65.1),
    (4, 8, 4096, 224, 65.1),
    (3, 12, 1024, 224, 20.5),
)


@pytest.mark.parametrize(("kernel", "stride", "channels", "_", "millions"), TABLE_1)
def test_parameters_of_table_1(kernel: int, stride: int, channels: int, _: int, millions: float) -> None:
    config = deeplab_v1.Config(kernel_size=kernel, input_stride=stride, vgg16=vgg.Vgg16(fc_channels=channels))
    with tf.Graph().as_default():  # where weights have shapes but no values yet
        weights = deeplab_v1.build(config, VOC).network.trainable_weights
    assert round(sum(weight.shape.num_elements() for weight in weights) / 1e6, 1) == millions


def test_large_fov_is_the_default() -> None:
    assert deeplab_v1.Config() == deeplab_v1.Config(3, 12, vgg.Vgg16(fc_channels=1024))


def middle_taps(network: keras.Model) -> None:
    """Every convolution hands on the first channel of what is in its middle, or around it where the kernel is even."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel, bias = np.zeros(layer.kernel.shape), np.zeros(layer.bias.shape)
            side = kernel.shape[0]
            taps = slice((side - 1) // 2, side // 2 + 1)
            kernel[taps, taps, 0, 0] = 1 if side % 2 else 0.25
            bias[0] = 200 if layer.name == "block1_conv1" else 0
            layer.set_weights([kernel, bias])


@pytest.mark.parametrize("kernel", (3, 4))
@pytest.mark.parametrize(("height", "width"), ((161, 161), (160, 154)))
def test_a_ramp_comes_out_where_it_went_in(kernel: int, height: int, width: int) -> None:
    """A pooling takes the far end of a rising ramp and the near end of a falling one: their mean is in the middle."""
    network = deeplab_v1.build(deeplab_v1.Config(kernel, 2, SMALL), tiny_models.INFO).network
    middle_taps(network)
    ramp = np.broadcast_to(np.arange(width, dtype=np.float32)[None, None, :, None], (1, height, width, 3))
    rising, falling = (network(image)["semantic"][0, 64:96, 64:96, 0].numpy() for image in (ramp, 160 - ramp))
    np.testing.assert_allclose((rising - falling) / 2 + 80, ramp[0, 64:96, 64:96, 0], atol=1e-2)


@pytest.mark.parametrize(("kernel", "stride", "_", "pixels", "__"), TABLE_1)
def test_fields_of_view_of_table_1(kernel: int, stride: int, _: int, pixels: int, __: float) -> None:
    """From the first weight of fc6 to its last, and the 32 pixels that each of them stood for in VGG16."""
    network = deeplab_v1.build(deeplab_v1.Config(kernel, stride, SMALL), tiny_models.INFO).network
    fc6 = network.get_layer("fc6")
    features = tf.Variable(tf.zeros((1, 41, 41, fc6.kernel.shape[2])))
    with tf.GradientTape() as tape:
        score = fc6.convolution_op(features, tf.ones_like(fc6.kernel))[0, 20, 20, 0]
    rows = np.flatnonzero(tape.gradient(score, features).numpy().any((0, 2, 3)))
    assert len(rows) == kernel and set(np.diff(rows)) == {stride}
    assert 8 * (rows[-1] - rows[0]) + 32 == pixels
    assert abs((rows[0] + rows[-1]) / 2 - 20) <= 0.5


@pytest.mark.parametrize(("height", "width"), ((1, 1), (17, 30), (64, 41)))
def test_every_pixel_of_any_size_has_its_scores(height: int, width: int) -> None:
    network = deeplab_v1.build(deeplab_v1.Config(vgg16=SMALL), tiny_models.INFO).network
    assert network.get_layer("fc8").output.shape == (None, None, None, 5)
    assert network(tf.zeros((2, height, width, 3)))["semantic"].shape == (2, height, width, 5)


def test_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="`kernel_size` is 8"):
        deeplab_v1.Config(kernel_size=8)


@pytest.mark.parametrize(("height", "width"), ((41, 33), (40, 37), (1, 17)))
def test_training_scores_every_eighth_pixel_and_reads_the_truth_there(height: int, width: int) -> None:
    built = deeplab_v1.build(deeplab_v1.Config(vgg16=SMALL), tiny_models.INFO)
    batch = tiny_models.batch(0, 2, (height, width))
    outputs = built(batch["image"], training=True)
    np.testing.assert_allclose(outputs["semantic"], built(batch["image"])["semantic"][:, ::8, ::8], atol=1e-5)
    thinned = {key: value[:, ::8, ::8] if value.shape.rank > 2 else value for key, value in batch.items()}
    plain = model.SemanticModel(tiny_models.INFO, built.network, built.loss_config)
    expected = plain.loss_terms(thinned, outputs)["semantic"]
    assert expected > 0 and float(built.loss_terms(batch, outputs)["semantic"]) == pytest.approx(float(expected))


def test_maps_that_a_loss_prepares_are_thinned_with_the_truth() -> None:
    border = border_weighted_cross_entropy.Config(cells=tiny_models.INFO.names[:1])
    config = deeplab_v1.Config(vgg16=SMALL, loss=border)
    built = deeplab_v1.build(config, tiny_models.INFO)
    batch = tiny_models.batch(0, 2, (32, 40))
    batch |= border_weighted_cross_entropy.prepare(border, tiny_models.INFO, batch)
    outputs = built(batch["image"], training=True)
    thinned = {key: value[:, ::8, ::8] if value.shape.rank > 2 else value for key, value in batch.items()}
    weight = built.pixel_weights(thinned)
    expected = border_weighted_cross_entropy.loss(border, tiny_models.INFO, thinned, outputs["semantic"], weight)
    assert float(built.loss_terms(batch, outputs)["semantic"]) == pytest.approx(float(expected), rel=1e-5)
