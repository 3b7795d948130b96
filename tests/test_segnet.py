"""SegNet: the paper's layers and numbers, unpooling by indices, VGG16's weights."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, errors
from seg_models.layers import max_pooling_with_indices, normalization, unpooling
from seg_models.models import segnet

CAMVID = dataset.DatasetInfo("eleven", tuple(dataset.Category(name, (0, 0, 0)) for name in "abcdefghijk"), ())
BATCH = normalization.Norm("batch")

VGG16 = (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)


def images(height: int, width: int) -> tf.Tensor:
    """Float32 0..255 [2, height, width, 3]."""
    return tf.constant(np.random.default_rng(0).uniform(0, 255, (2, height, width, 3)), tf.float32)


def kernels(network: keras.Model) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in network.weights if len(weight.shape) == 4]


def test_segnet_has_the_parameters_and_takes_the_weights_that_were_published(tmp_path: Path) -> None:
    vgg16 = keras.applications.VGG16(include_top=False, weights=None)
    vgg16.save_weights(tmp_path / "vgg16_notop.h5")
    config = segnet.Config(weights=str(tmp_path / "vgg16_notop.h5"), norm=BATCH)
    assert config.pretrained and settings.from_json(settings.to_json(config)) == config
    network = segnet.build(config, CAMVID).network
    back = [512, 512, 512, 512, 512, 256, 256, 256, 128, 128, 64, 64]
    inputs, outputs = [3, *VGG16, *back], [*VGG16, *back, 11]
    assert kernels(network) == [(3, 3, ins, outs) for ins, outs in zip(inputs, outputs)]
    # A batch normalisation has four numbers a channel; the last convolution has none, but a bias.
    expected = sum(9 * ins * outs for ins, outs in zip(inputs, outputs)) + 4 * sum(outputs[:-1]) + 11
    assert network.count_params() == expected == 29_457_291  # the paper says 29.46 million
    for name, twin in (("conv1_1", "block1_conv1"), ("conv3_3", "block3_conv3"), ("conv5_2", "block5_conv2")):
        np.testing.assert_array_equal(network.get_layer(name).kernel, vgg16.get_layer(twin).kernel)


def test_basic_has_the_parameters_of_the_paper() -> None:
    network = segnet.build(segnet.Config(variant="basic", norm=BATCH), CAMVID).network
    expected = 49 * (3 * 64 + 7 * 64 * 64) + 8 * 4 * 64 + 64 * 11 + 11
    assert network.count_params() == expected
    assert expected == pytest.approx(1.425e6, rel=0.01)  # the paper's number of the 7x7 kernels and the classifier
    relus = [layer for layer in network.layers if isinstance(layer, keras.layers.ReLU)]
    assert len(relus) == 4, "the decoders have none"
    assert not any(layer.use_bias for layer in network.layers[:-1] if isinstance(layer, keras.layers.Conv2D))


@pytest.mark.parametrize("kind", segnet.UNPOOLINGS)
@pytest.mark.parametrize("variant", segnet.VARIANTS)
def test_every_pixel_of_any_size_has_its_scores_and_all_weights_learn(variant: str, kind: str) -> None:
    config = segnet.Config(variant=variant, unpooling=kind, width=4, norm=normalization.Norm("group"))
    network = segnet.build(config, CAMVID).network
    for height, width in ((1, 1), (5, 9), (33, 47)):
        assert network(images(height, width))["semantic"].shape == (2, height, width, 11)
    with tf.GradientTape() as tape:
        cost = tf.reduce_sum(network(images(33, 47), training=True)["semantic"] ** 2)
    gradients = tape.gradient(cost, network.trainable_variables)
    assert all(np.isfinite(gradient).all() and np.any(gradient) for gradient in gradients)


def test_every_decoder_unpools_by_the_indices_of_its_own_encoder() -> None:
    network = segnet.build(segnet.Config(width=2, norm=BATCH), CAMVID).network
    shapes = [layer.input[2].shape[-1] for layer in network.layers if isinstance(layer, unpooling.MaxUnpooling)]
    assert shapes == [16, 16, 8, 4, 2]
    pools = [layer for layer in network.layers if isinstance(layer, max_pooling_with_indices.MaxPoolingWithIndices)]
    probe = keras.Model(network.input, [*(pool.output[1] for pool in pools), *(pool.input for pool in pools)])
    found = probe(images(37, 50))
    for indices, before in zip(found[:5], found[5:]):
        assert tf.reduce_max(indices) < tf.size(before, out_type=tf.int64)
        assert indices.shape[1:3] == [-(-side // 2) for side in before.shape[1:3]]


def test_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="Did you mean `basic`"):
        segnet.Config(variant="basics")
    with pytest.raises(errors.UserError, match="Did you mean `indices`"):
        segnet.Config(unpooling="index")
    with pytest.raises(errors.UserError, match="fit only `variant` segnet"):
        segnet.Config(variant="basic", weights="imagenet")
    with pytest.raises(errors.UserError, match="of `width` 64"):
        segnet.Config(width=32, weights="imagenet")
    with pytest.raises(errors.UserError, match="no file a.h5"):
        segnet.build(segnet.Config(weights="a.h5"), CAMVID)
