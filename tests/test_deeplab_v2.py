"""DeepLab v2: published number of parameters, branches that add up, the best of several scales."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors, model
from seg_models.backbones import resnet
from seg_models.layers import normalization, vgg
from seg_models.models import deeplab_v2
from tests import tiny_models

VOC = dataset.DatasetInfo("voc", tuple(dataset.Category(str(name), (0, 0, 0)) for name in range(21)), ())
BACKBONE = dataclasses.replace(tiny_models.BACKBONE, output_stride=8)
GROUP, NONE = normalization.Norm("group"), normalization.Norm("none")
SMALL = vgg.Vgg16(width=2, fc_channels=8, dropout=0.0)

ON_VGG16 = deeplab_v2.Config(backbone=None, vgg16=SMALL, norm=NONE, scales=(1.0,))
ON_BACKBONE = deeplab_v2.Config(backbone=BACKBONE, norm=GROUP, scales=(1.0,))


def build(config: deeplab_v2.Config) -> model.SegmentationModel:
    keras.utils.set_random_seed(0)
    return deeplab_v2.build(config, tiny_models.INFO)


def noise(height: int, width: int) -> tf.Tensor:
    """Float32 0..255 [2, height, width, 3]."""
    return tf.random.stateless_uniform((2, height, width, 3), seed=(0, 0), maxval=255.0)


def test_parameters_of_aspp_on_vgg16() -> None:
    config = deeplab_v2.Config(backbone=None, norm=NONE)
    with tf.Graph().as_default():  # where weights have shapes but no values yet
        weights = deeplab_v2.build(config, VOC).network.trainable_weights
    branch = 9 * 512 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 * 21 + 21
    assert sum(weight.shape.num_elements() for weight in weights) == 14_714_688 + 4 * branch


def test_parameters_of_aspp_on_resnet_101() -> None:
    config = deeplab_v2.Config(scales=(1.0,))
    assert config.backbone == resnet.Config(output_stride=8, depth=101)
    with tf.Graph().as_default():  # where weights have shapes but no values yet
        weights = deeplab_v2.build(config, VOC).network.trainable_weights
    # He et al.: 44,549,160 with the classifier of 1000 classes. In keras.applications each convolution has biases too.
    backbone = 44_549_160 - 2048 * 1000 - 1000 + 52_672
    count = sum(weight.shape.num_elements() for weight in weights)
    assert count == backbone + 4 * (9 * 2048 * 21 + 21)


def test_the_release_has_three_scales() -> None:
    assert deeplab_v2.Config().scales == (0.5, 0.75, 1.0)


@pytest.mark.parametrize("config", (ON_VGG16, ON_BACKBONE))
def test_the_branches_add_up(config: deeplab_v2.Config) -> None:
    scorer = build(config).network
    names = [f"fc8_{index}" for index in range(1, 5)] if config.backbone is None else [f"fc1_c{i}" for i in range(4)]
    rates = [scorer.get_layer(name.replace("fc8", "fc6")).dilation_rate for name in names]
    assert rates == [(6, 6), (12, 12), (18, 18), (24, 24)]
    image = noise(41, 33)
    branches = keras.Model(scorer.input, [scorer.get_layer(name).output for name in names])(image)
    summed = sum(branch.numpy() for branch in branches)
    np.testing.assert_allclose(scorer(image)["semantic"][:, ::8, ::8], summed, atol=1e-4)


@pytest.mark.parametrize("config", (ON_VGG16, ON_BACKBONE))
def test_the_best_score_of_the_scales_counts(config: deeplab_v2.Config) -> None:
    alone, several = build(config), build(dataclasses.replace(config, scales=(0.5, 1.0)))
    several.network.set_weights(alone.network.get_weights())
    image = noise(33, 49)
    outputs = {name: value.numpy() for name, value in several(image).items()}
    assert set(outputs) == {"semantic", "scale_50", "scale_100"}
    np.testing.assert_allclose(outputs["scale_100"], alone(image)["semantic"], atol=1e-4)
    small = tf.compat.v1.image.resize_bilinear(image, (17, 25), align_corners=True)
    np.testing.assert_allclose(outputs["scale_50"][:, ::2, ::2], alone(small)["semantic"], atol=1e-4)
    np.testing.assert_array_equal(outputs["semantic"], np.maximum(outputs["scale_50"], outputs["scale_100"]))


def test_every_scale_is_learnt_from_as_much_as_their_best() -> None:
    built = build(dataclasses.replace(ON_BACKBONE, scales=(0.5, 0.75, 1.0)))
    batch = tiny_models.batch(0)
    outputs = built(batch["image"])
    terms = built.loss_terms(batch, outputs)
    assert set(terms) == {"semantic", "scale_50", "scale_75", "scale_100"}
    alone = build(ON_BACKBONE)
    for name, value in outputs.items():
        cost = alone.loss_terms(batch, {"semantic": value})["semantic"]
        assert float(terms[name]) == pytest.approx(float(cost), rel=1e-6)


@pytest.mark.parametrize("scales", ((1.0,), (0.5, 0.75, 1.0)))
def test_training_scores_every_eighth_pixel(scales: tuple[float, ...]) -> None:
    built = build(dataclasses.replace(ON_BACKBONE, scales=scales))
    image = noise(40, 33)
    whole = built(image)
    for name, value in built(image, training=True).items():
        assert value.shape == (2, 5, 5, 5)
        np.testing.assert_allclose(value, whole[name][:, ::8, ::8], atol=1e-4)


def test_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="`backbone.output_stride` is 16"):
        deeplab_v2.Config(backbone=tiny_models.BACKBONE)
    with pytest.raises(errors.UserError, match="`scales`"):
        deeplab_v2.Config(scales=())
    with pytest.raises(errors.UserError, match="`rates`"):
        deeplab_v2.Config(rates=(6, 6))
