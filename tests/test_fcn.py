"""FCN: the published number of parameters, scores that lie where their pixels do, stages that fit together."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors, learner, manifest
from seg_models.backbones import inception, residual, resnet
from seg_models.layers import cropping, normalization, vgg
from seg_models.models import fcn
from tests import tiny_models, tiny_training

SMALL = vgg.Vgg16(width=2, fc_channels=4, dropout=0.0)
BACKBONE = residual.Config(output_stride=32, stem=4, widths=(4, 4, 4, 4), blocks=(1, 1, 1, 1))

VOC = dataset.DatasetInfo("voc", tuple(dataset.Category(str(name), (0, 0, 0)) for name in range(21)), ())


def network(**changes: object) -> keras.Model:
    """The network of a small FCN whose score layers are not 0."""
    config = dataclasses.replace(fcn.Config(vgg16=SMALL, score_deviation=0.01), **changes)
    return fcn.build(config, tiny_models.INFO).network


def shapes(built: keras.Model) -> dict[str, list[tuple[int, ...]]]:
    return {layer.name: [tuple(weight.shape) for weight in layer.weights] for layer in built.layers if layer.weights}


def test_parameters_of_fcn_8s() -> None:
    with tf.Graph().as_default():  # where weights have shapes but no values yet
        weights = fcn.build(fcn.Config(), VOC).network.trainable_weights
    # VGG16's convolutions, fc6 and fc7; the scores of 21 classes from 4096, 512 and 256 channels.
    widths = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
    convolutions = sum(9 * a * b + b for a, b in zip(widths[:-1], widths[1:]))
    fully_connected = 49 * 512 * 4096 + 4096 + 4096 * 4096 + 4096
    assert convolutions + fully_connected == 134_260_544  # "134M" in the paper's table 1
    scores = sum(channels * 21 + 21 for channels in (4096, 512, 256))
    assert sum(weight.shape.num_elements() for weight in weights) == convolutions + fully_connected + scores


@pytest.mark.parametrize("stride", fcn.STRIDES)
def test_every_pixel_of_any_size_has_its_scores(stride: int) -> None:
    built = network(stride=stride)
    for height, width in ((1, 1), (17, 30), (64, 33)):
        assert built(tf.zeros((2, height, width, 3)))["semantic"].shape == (2, height, width, 5)


def test_crop_offsets_are_the_published_ones() -> None:
    found = {}
    for stride in fcn.STRIDES:
        crops = [layer for layer in network(stride=stride).layers if isinstance(layer, cropping.Crop)]
        found[stride] = {layer.name: layer.offset for layer in crops}
    assert found[32] == {"score": 19}
    assert found[16] == {"score_pool4c": 5, "score": 27}
    assert found[8] == {"score_pool4c": 5, "score_pool3c": 9, "score": 31}


@pytest.mark.parametrize("stride", fcn.STRIDES)
@pytest.mark.parametrize("axis", (1, 2))
def test_a_ramp_comes_out_where_it_went_in(stride: int, axis: int) -> None:
    """Every layer hands on what is in its middle, so the scores are the image, once for each stride added up.

    Of a rising ramp each pooling takes the far end, of a falling one the near end; their mean is in the middle.
    """
    built = network(stride=stride)
    for layer in built.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel, bias = np.zeros(layer.kernel.shape), np.zeros(layer.bias.shape)
            kernel[kernel.shape[0] // 2, kernel.shape[1] // 2, 0, 0] = 1
            bias[0] = 200 if layer.name == "block1_conv1" else 0
            layer.set_weights([kernel, bias])
    shape = [1, 1, 1, 1]
    shape[axis] = 240
    ramp = np.broadcast_to(np.arange(240, dtype=np.float32).reshape(shape), (1, 240, 240, 3))
    rising, falling = (built(image)["semantic"][0, 80:160, 80:160, 0].numpy() for image in (ramp, 240 - ramp))
    times = {32: 1, 16: 2, 8: 3}[stride]
    np.testing.assert_allclose((rising - falling) / 2 + 120 * times, times * ramp[0, 80:160, 80:160, 0], atol=1e-2)


def test_stages_share_their_layers() -> None:
    coarse, middle, fine = (shapes(network(stride=stride, learnt_upsampling=True)) for stride in fcn.STRIDES)
    assert middle.keys() - coarse.keys() == {"upscore2", "score_pool4"}
    assert fine.keys() - middle.keys() == {"upscore_pool4", "score_pool3"}
    assert all(fine[name] == middle[name] for name in middle) and all(middle[name] == coarse[name] for name in coarse)
    assert fine["upscore2"] == [(4, 4, 5, 5)] and fine["score_pool3"] == [(1, 1, 8, 5), (5,)]


def test_a_skip_that_starts_from_zero_changes_nothing() -> None:
    keras.utils.set_random_seed(6)  # how near the two are depends on how rough the scores are
    coarse, fine = network(stride=32), network(stride=8)
    for layer in coarse.layers:
        fine_layer = {each.name: each for each in fine.layers}.get(layer.name)
        if layer.weights:
            fine_layer.set_weights(layer.get_weights())
    for name in ("score_pool4", "score_pool3"):
        fine.get_layer(name).set_weights([0 * value for value in fine.get_layer(name).get_weights()])
    image = tf.random.stateless_uniform((1, 128, 96, 3), seed=(0, 0), maxval=255.0)
    first, second = coarse(image)["semantic"].numpy(), fine(image)["semantic"].numpy()
    # Interpolating in three steps is nearly interpolating in one; the outermost pixels fade out in FCN-32s alone.
    inside = (slice(None), slice(32, -32), slice(32, -32))
    assert np.abs(first - second)[inside].max() < 0.1 * np.abs(first).max()


def test_at_once_scales_the_poolings() -> None:
    staged, at_once = network(), network(at_once=True)
    at_once.set_weights(staged.get_weights())
    image = tf.random.stateless_uniform((1, 40, 40, 3), seed=(0, 0), maxval=255.0)
    for name, scale in (("score_pool4", 0.01), ("score_pool3", 0.0001)):
        layers = [keras.Model(each.input, each.get_layer(name).output)(image) for each in (staged, at_once)]
        np.testing.assert_allclose(layers[1], scale * layers[0], rtol=1e-4, atol=1e-6)


def test_scores_start_from_zero_in_the_paper() -> None:
    assert not network(score_deviation=0.0)(tf.ones((1, 9, 9, 3)))["semantic"].numpy().any()


@pytest.mark.parametrize(
    ("backbone", "widths"),
    [
        (inception.Config(output_stride=32), (2048, 768, 288)),
        (resnet.Config(output_stride=32), (2048, 1024, 512)),
    ],
)
def test_inception_and_resnet_take_the_place_of_vgg16(backbone: object, widths: tuple[int, int, int]) -> None:
    built = network(backbone=backbone, norm=normalization.Norm("batch"))
    found = shapes(built)
    assert tuple(found[name][0][2] for name in ("score_fr", "score_pool4", "score_pool3")) == widths
    assert built(tf.zeros((1, 65, 97, 3)))["semantic"].shape == (1, 65, 97, len(tiny_models.INFO.categories))


@pytest.mark.parametrize(
    ("backbone", "kind"), [(None, keras.layers.Activation), (BACKBONE, keras.layers.BatchNormalization)]
)
def test_by_default_a_backbone_is_normalised_and_vgg16_is_not(backbone: object, kind: type) -> None:
    """From the settings to what learns: 8 images on a replica make batch normalisation of "auto"."""
    config = fcn.Config(vgg16=SMALL, backbone=backbone)
    training = dataclasses.replace(tiny_training.settings(batch_size=8, class_weights="none"), model=config)
    split = manifest.SplitManifest(class_pixels=(1,) * 5, class_image_pixels=(1,) * 5)
    records = manifest.Manifest(tiny_models.INFO, {"train": split})
    built = learner.build(training, records, tf.distribute.get_strategy(), 50)
    kinds = (keras.layers.Activation, keras.layers.BatchNormalization, normalization.GroupNormalization)
    found = {type(layer) for layer in built.network.network.layers if isinstance(layer, kinds)}
    assert found == {kind}


def test_a_pretrained_backbone_without_its_normalisation_is_refused() -> None:
    config = fcn.Config(
        backbone=resnet.Config(output_stride=32, weights="weights.h5"), norm=normalization.Norm("none")
    )
    with pytest.raises(errors.UserError, match="`norm.kind` is none"):
        fcn.build(config, tiny_models.INFO)


def test_other_backbones_score_their_last_three_levels() -> None:
    built = network(backbone=BACKBONE, norm=normalization.Norm("group"))
    assert built(tf.zeros((2, 37, 50, 3)))["semantic"].shape == (2, 37, 50, 5)
    offsets = {layer.name: layer.offset for layer in built.layers if isinstance(layer, cropping.Crop)}
    # The kernels of factor 2 and 8 begin 1 and 4 outputs before the pixels that the first feature stands for.
    assert offsets == {"score_pool4c": 1, "score_pool3c": 1, "score": 4}
    for name in ("score_fr", "score_pool4", "score_pool3"):
        kernel, bias = built.get_layer(name).get_weights()
        built.get_layer(name).set_weights([0 * kernel, bias + 1])
    inside = built(tf.zeros((1, 96, 96, 3)))["semantic"][0, 28:-28, 28:-28]
    np.testing.assert_allclose(inside, np.full(inside.shape, 3.0), atol=1e-5)


def test_all_weights_of_vgg16_and_of_the_scores_learn() -> None:
    built = network(vgg16=vgg.Vgg16(width=4, fc_channels=8, dropout=0.0), learnt_upsampling=True)
    image = tf.random.stateless_uniform((1, 40, 40, 3), seed=(0, 0), maxval=255.0)
    with tf.GradientTape() as tape:
        cost = tf.reduce_sum(built(image, training=True)["semantic"] ** 2)
    assert all(tf.reduce_any(value != 0) for value in tape.gradient(cost, built.trainable_weights))


def test_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="`stride` is 4"):
        fcn.Config(stride=4)
    with pytest.raises(errors.UserError, match="`backbone.output_stride` is 16"):
        fcn.Config(backbone=tiny_models.BACKBONE)
    with pytest.raises(errors.UserError, match="`score_deviation`"):
        fcn.Config(score_deviation=-1.0)
