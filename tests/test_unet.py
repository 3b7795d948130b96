"""U-Net: the paper's arithmetic, any size, seamless tiles."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors, model, overrides
from seg_models.layers import normalization
from seg_models.models import unet

INFO = dataset.DatasetInfo("three", tuple(dataset.Category(name, (0, 0, 0)) for name in "abc"), ())


def build(depth: int = 2, width: int = 4, padding: str = "valid", upsampling: str = "up_convolution") -> keras.Model:
    """The network of a small U-Net, its batch statistics those of noise."""
    norm = normalization.Norm("batch", momentum=0.0)
    config = unet.Config(depth=depth, width=width, padding=padding, upsampling=upsampling, dropout=0.0, norm=norm)
    network = unet.build(config, INFO).network
    network(noise(40, 40), training=True)
    return network


def noise(height: int, width: int) -> tf.Tensor:
    """Float32 0..255 [2, height, width, 3]."""
    return tf.constant(np.random.default_rng(0).uniform(0, 255, (2, height, width, 3)), tf.float32)


def test_388_pixels_need_572() -> None:
    padding = unet.padding_layer(unet.Config(padding="valid"))
    assert padding.padded_size(tf.constant(388)) == 572
    assert padding.padded_size(tf.constant(389)) == 588
    assert padding.padded_size(tf.constant(1)) == 188
    assert padding.margin == 92


@pytest.mark.parametrize("depth", (1, 2, 4))
@pytest.mark.parametrize("padding", unet.PADDINGS)
def test_every_pixel_of_any_size_has_its_scores(depth: int, padding: str) -> None:
    config = unet.Config(depth=depth, width=2, padding=padding, upsampling="bilinear")
    network = unet.build(config, INFO).network
    for height, width in ((1, 1), (17, 30), (32, 16)):
        assert network(noise(height, width))["semantic"].shape == (2, height, width, 3)


@pytest.mark.parametrize("upsampling", unet.UPSAMPLINGS)
def test_scores_stand_where_the_pixels_are(upsampling: str) -> None:
    network, image = build(upsampling=upsampling), noise(48, 48)
    with tf.GradientTape() as tape:
        tape.watch(image)
        scores = tf.reduce_sum(network(image)["semantic"][:, 20:24, 28:32] ** 2)
    influence = np.abs(tape.gradient(scores, image)).sum((0, 3))
    rows, columns = np.arange(48), np.arange(48)
    assert abs((influence.sum(1) @ rows) / influence.sum() - 21.5) < 2
    assert abs((influence.sum(0) @ columns) / influence.sum() - 29.5) < 2


def test_valid_tiles_join_seamlessly() -> None:
    network, image = build(), noise(96, 96)
    whole = network(image)["semantic"][:, 32:64, 32:64]
    tile = network(image[:, 8:88, 8:88])["semantic"][:, 24:56, 24:56]
    np.testing.assert_allclose(tile, whole, atol=1e-4)


def test_channels_double_with_every_pooling_and_all_weights_learn() -> None:
    network = unet.build(unet.Config(depth=3, width=4, norm=normalization.Norm("group")), INFO).network
    kernels = [variable for variable in network.trainable_variables if tuple(variable.shape[:2]) == (3, 3)]
    assert sorted(kernel.shape[-1] for kernel in kernels) == [4] * 4 + [8] * 4 + [16] * 4 + [32] * 2
    with tf.GradientTape() as tape:
        cost = tf.reduce_sum(network(noise(16, 16), training=True)["semantic"] ** 2)
    assert all(gradient is not None for gradient in tape.gradient(cost, network.trainable_variables))


def test_is_a_semantic_model() -> None:
    built = unet.build(unet.Config(depth=1, width=2), INFO)
    assert isinstance(built, model.SemanticModel) and built.tasks == ("semantic",)
    maps = built.maps(built(noise(9, 11)), tf.constant([18, 22]))
    assert maps["semantic"].shape == (2, 18, 22) and maps["semantic"].dtype == tf.int32


def test_mixed_precision_ends_in_float32() -> None:
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        network = unet.build(unet.Config(depth=2, width=2, upsampling="bilinear"), INFO).network
        assert network(noise(9, 11))["semantic"].dtype == tf.float32
    finally:
        keras.mixed_precision.set_global_policy(before)


def test_misspelt_and_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="Did you mean `valid`"):
        overrides.apply(unet.Config(), {"padding": "vaild"})
    with pytest.raises(errors.UserError, match="Did you mean `bilinear`"):
        unet.Config(upsampling="linear")
    with pytest.raises(errors.UserError, match="must be positive"):
        unet.Config(depth=0)
