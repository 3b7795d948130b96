"""DeepLabV3+: pluggable backbones, stride 4, one normalisation, precision."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import config as settings
from seg_models import dataset, overrides
from seg_models.backbones import mobilenet_v2, residual, resnet
from seg_models.layers import aspp, normalization
from seg_models.models import deeplab_v3_plus

INFO = dataset.DatasetInfo("three", tuple(dataset.Category(name, (0, 0, 0)) for name in "abc"), ())
TINY = deeplab_v3_plus.Config(
    backbone=residual.Config(stem=4, widths=(4, 8, 8, 16), blocks=(1, 1, 1, 1)),
    pyramid=aspp.Aspp(channels=8),
    low_level_channels=4,
    decoder_channels=8,
    norm=normalization.Norm("group"),
)


def images(height: int, width: int) -> tf.Tensor:
    """Float32 0..255 [2, height, width, 3]."""
    return tf.constant(np.random.default_rng(0).uniform(0, 255, (2, height, width, 3)), tf.float32)


@pytest.mark.parametrize("separable", ("false", "true"))
def test_scores_have_stride_4_at_any_size_and_all_weights_learn(separable: str) -> None:
    config = overrides.apply(TINY, {"separable": separable, "pyramid.separable": separable})
    network = deeplab_v3_plus.build(config, INFO).network
    assert network(images(33, 1))["semantic"].shape == (2, 9, 1, 3)
    with tf.GradientTape() as tape:
        cost = tf.reduce_sum(network(images(37, 50), training=True)["semantic"] ** 2)
    gradients = tape.gradient(cost, network.trainable_variables)
    assert all(gradient is not None and np.isfinite(gradient).all() for gradient in gradients)
    assert not any("moving_mean" in weight.name for weight in network.weights), "backbone and decoder share the norm"


def test_over_xception_it_has_as_many_weights_as_published() -> None:
    """41,258,213 with the statistics of batch normalisation, for 21 classes: the checkpoint's port to Keras."""
    voc = dataset.DatasetInfo("voc", tuple(dataset.Category(str(index), (0, 0, 0)) for index in range(21)), ())
    config = dataclasses.replace(deeplab_v3_plus.XCEPTION_65, norm=normalization.Norm("batch"))
    network = deeplab_v3_plus.build(config, voc).network
    weights = [weight for weight in network.weights if weight.dtype.is_floating]  # the state of dropout is none
    assert sum(int(np.prod(weight.shape)) for weight in weights) == 41_258_213


def test_the_decoder_is_the_papers() -> None:
    """Section 3.1: level 2 reduced to 48 channels, joined to the pyramid's 256, two 3x3 convolutions of 256."""
    config = dataclasses.replace(deeplab_v3_plus.RESNET_101, backbone=TINY.backbone, norm=normalization.Norm("batch"))
    built = deeplab_v3_plus.build(config, INFO)
    pyramid = 2 * (16 * 256 + 512) + 3 * (9 * 16 * 256 + 512) + 5 * 256 * 256 + 512
    decoder = 4 * 48 + 96 + 9 * (256 + 48) * 256 + 512 + 9 * 256 * 256 + 512 + 256 * 3 + 3
    own = [weight for weight in built.network.trainable_variables if id(weight) not in built.backbone_weights]
    assert sum(int(np.prod(weight.shape)) for weight in own) == pyramid + decoder


def test_the_pyramid_follows_the_output_stride() -> None:
    def rates(output_stride: str) -> set[int]:
        config = overrides.apply(TINY, {"backbone.output_stride": output_stride})
        layers = deeplab_v3_plus.build(config, INFO).network.layers
        return {layer.dilation_rate[0] for layer in layers if isinstance(layer, keras.layers.Conv2D)}

    assert rates("32") == {1, 3, 6, 9}
    assert rates("8") == {1, 2, 4, 12, 24, 36}


def test_the_backbone_is_chosen_by_name() -> None:
    config = overrides.apply(
        deeplab_v3_plus.Config(), {"backbone": "resnet", "backbone.output_stride": "8", "backbone.weights": "a.h5"}
    )
    assert config.backbone == resnet.Config(output_stride=8, weights="a.h5")
    assert config.pretrained and not deeplab_v3_plus.Config().pretrained
    assert settings.from_json(settings.to_json(config)) == config


def test_pretrained_layers_freeze_and_new_ones_do_not(tmp_path: Path) -> None:
    path = str(tmp_path / "weights.h5")
    keras.applications.MobileNetV2(alpha=0.35, include_top=False, weights=None).save_weights(path)
    texts = {"backbone": "mobilenet_v2", "backbone.alpha": "0.35", "backbone.weights": path, "norm.kind": "frozen"}
    config = overrides.apply(TINY, texts)
    assert config.backbone == mobilenet_v2.Config(alpha=0.35, weights=path)
    network = deeplab_v3_plus.build(config, INFO).network
    names = [weight.name for weight in network.non_trainable_weights]
    for frozen in ("gamma", "beta", "moving_mean", "moving_variance"):
        # MobileNetV2 has 52 batch normalisations, of which that of the classifier's last convolution is left out.
        assert sum(frozen in name for name in names) == 51
    assert any("group_normalization" in weight.name for weight in network.trainable_weights)


def test_mixed_precision_ends_in_float32() -> None:
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        network = deeplab_v3_plus.build(TINY, INFO).network
        assert network(images(33, 40))["semantic"].dtype == tf.float32
    finally:
        keras.mixed_precision.set_global_policy(before)
