"""Networks of keras.applications as backbones: their weights, from files and from the net; what is converted."""

from pathlib import Path

import keras
import numpy as np
import pytest

from seg_models import applications, errors
from seg_models.layers import drop_path, normalization


def application(include_top: bool, weights: str | None, input_shape: tuple[int, int, int]) -> keras.Model:
    """A network built as keras.applications builds them, but of stride 4; the machine is offline."""
    if weights == "imagenet":
        raise Exception("URL fetch failure on https://example.org/weights.h5: name not known")
    image = keras.Input(input_shape)
    features = keras.layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="first")(image)
    features = keras.layers.BatchNormalization(epsilon=1e-4, name="first_bn")(features)
    features = keras.layers.ZeroPadding2D(((0, 1), (0, 1)), name="pad")(features)
    features = keras.layers.DepthwiseConv2D(3, strides=2, name="second")(features)
    return keras.Model(image, features, name="tiny")


def backbone(network: keras.Model, kind: str, pretrained: bool = True) -> keras.Model:
    """The network as a backbone with levels 1 and 2."""
    return applications.backbone(
        network,
        {"1": "first_bn", "2": "second"},
        preprocessing=keras.layers.Rescaling(1 / 255),
        output_stride=8,
        norm=normalization.Norm(kind, epsilon=0.5),
        pretrained=pretrained,
    )


@pytest.mark.parametrize("name", ("weights.h5", "tiny.h5", "of.weights.h5"))
def test_weights_from_a_file(tmp_path: Path, name: str) -> None:
    saved = application(False, None, (32, 32, 3))
    saved.save_weights(tmp_path / name)
    loaded = applications.create(application, str(tmp_path / name))
    for expected, weight in zip(saved.get_weights(), loaded.get_weights()):
        np.testing.assert_array_equal(weight, expected)


def test_a_missing_file() -> None:
    with pytest.raises(errors.UserError, match="no file nowhere.h5; expected `imagenet`"):
        applications.create(application, "nowhere.h5")


def test_a_file_of_another_network(tmp_path: Path) -> None:
    image = keras.Input((32, 32, 3))
    other = keras.Model(image, keras.layers.Conv2D(7, 3)(image))
    other.save_weights(tmp_path / "other.h5")
    with pytest.raises(errors.UserError, match="other.h5 does not fit tiny"):
        applications.create(application, str(tmp_path / "other.h5"))


def test_a_file_that_holds_no_weights(tmp_path: Path) -> None:
    path = tmp_path / "page.h5"
    path.write_text("<html>404</html>")
    with pytest.raises(errors.UserError, match="page.h5 does not fit"):
        applications.create(application, str(path))


def test_no_network_to_download_from() -> None:
    with pytest.raises(errors.UserError, match="example.org/weights.h5.*give its path as `weights`"):
        applications.create(application, "imagenet")


def test_explicit_padding_of_even_sizes_becomes_right_for_odd_ones() -> None:
    network = application(False, None, (36, 36, 3))
    image = np.random.default_rng(0).uniform(0, 255, (1, 36, 36, 3)).astype(np.float32)
    converted = backbone(applications.create(application, None), "batch")
    converted.set_weights(network.get_weights())
    np.testing.assert_allclose(converted(image)["2"], network(image / 255), atol=1e-5)
    assert converted(image[:, :33, :29])["2"].shape[1:3] == (9, 8)


def test_frozen_statistics_stay_with_the_epsilon_they_were_learnt_with() -> None:
    layer = backbone(applications.create(application, None), "frozen").get_layer("first_bn")
    assert not layer.trainable and layer.epsilon == 1e-4


def test_there_is_nothing_to_freeze_without_weights() -> None:
    layer = backbone(applications.create(application, None), "frozen", pretrained=False).get_layer("first_bn")
    assert isinstance(layer, normalization.GroupNormalization)


def test_pretrained_weights_need_the_normalisation_that_they_were_learnt_with() -> None:
    with pytest.raises(errors.UserError, match="`norm.kind` is none, but the pretrained network has batch norm"):
        backbone(applications.create(application, None), "none")


def test_convolutions_have_biases_where_nothing_normalises() -> None:
    for kind, use_bias in (("none", True), ("batch", False)):
        clone = backbone(applications.create(application, None), kind, pretrained=False)
        assert clone.get_layer("first").use_bias == use_bias and clone.get_layer("second").use_bias


def test_layers_of_one_name_that_differ_are_no_twins() -> None:
    image = keras.Input((32, 32, 3))
    other = keras.Model(image, keras.layers.Conv2D(4, 3, name="first")(image))
    with pytest.raises(ValueError, match="`first` has 2 weights, and 1 in tiny"):
        applications.copy_weights(applications.create(application, None), other)


def test_a_twin_keeps_the_state_that_the_network_does_not_have() -> None:
    image = keras.Input((32, 32, 3))
    stateful = keras.Model(image, drop_path.layer(0.5, name="pad")(image))
    before = stateful.get_weights()
    applications.copy_weights(applications.create(application, None), stateful)
    assert len(before) == 1
    np.testing.assert_array_equal(stateful.get_weights(), before)


def test_group_normalisation_starts_anew_and_convolutions_do_not() -> None:
    network = applications.create(application, None)
    clone = backbone(network, "group")
    kernels = [model.get_layer("first").get_weights()[0] for model in (clone, network)]
    np.testing.assert_array_equal(*kernels)
    assert len(clone.get_layer("first_bn").get_weights()) == 2


def inception_like(include_top: bool, weights: str | None, input_shape: tuple[int, int, int]) -> keras.Model:
    """Stride 32, and the kinds of layer that Xception and Inception have: lost borders, branches, nameless layers."""
    image = keras.Input(input_shape)
    features = keras.layers.Conv2D(4, 3, strides=2)(image)
    features = keras.layers.MaxPooling2D(3, strides=2)(features)
    for _ in range(3):
        features = keras.layers.BatchNormalization(scale=False)(features)
        pooled = keras.layers.AveragePooling2D(3, strides=1, padding="same")(features)
        flat = keras.layers.Conv2D(4, (1, 7), padding="same")(features)
        features = keras.layers.Activation("relu")(keras.layers.Concatenate()([pooled, flat]))
        halved = keras.layers.MaxPooling2D(3, strides=2)(features)
        reduced = keras.layers.SeparableConv2D(4, 3, padding="same")(features)
        reduced = keras.layers.Conv2D(features.shape[-1], 3, strides=2)(reduced)
        features = keras.layers.Add()([halved, reduced])
    return keras.Model(image, keras.layers.AveragePooling2D(3, 1, "same", name="end")(features))


def inception_like_backbone(output_stride: int) -> keras.Model:
    """As a backbone whose only level is 5."""
    keras.utils.set_random_seed(0)
    return applications.backbone(
        applications.create(inception_like, None),
        {"5": "end"},
        preprocessing=keras.layers.Rescaling(1 / 255),
        output_stride=output_stride,
        norm=normalization.Norm("batch"),
        pretrained=True,
        pad_valid=True,
    )


@pytest.mark.parametrize("output_stride", (8, 16))
def test_poolings_and_separable_convolutions_dilate(output_stride: int) -> None:
    image = np.random.default_rng(0).uniform(0, 255, (1, 129, 97, 3)).astype(np.float32)
    expected = inception_like_backbone(32)(image)["5"].numpy()
    features = inception_like_backbone(output_stride)(image)["5"].numpy()
    step = 32 // output_stride
    assert expected.shape == (1, 5, 4, 16) and expected.std() > 1e-2
    np.testing.assert_allclose(features[:, ::step, ::step], expected, atol=1e-5 * np.abs(expected).max())


def test_names_do_not_depend_on_what_was_built_before() -> None:
    first, second = ([layer.name for layer in inception_like_backbone(8).layers] for _ in range(2))
    assert first[2:] == second[2:] and {"conv2d", "conv2d_6", "add_2", "activation"} <= set(first)


def test_normalisation_without_factors_is_taken_over() -> None:
    network = applications.create(inception_like, None)
    (source, *_) = (layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization))
    source.set_weights([np.full(4, 2.0), np.full(4, 3.0), np.full(4, 4.0)])
    trunk = applications.backbone(
        network,
        {"5": "end"},
        preprocessing=keras.layers.Rescaling(1 / 255),
        output_stride=32,
        norm=normalization.Norm("batch"),
        pretrained=True,
    )
    values = [weight[0] for weight in trunk.get_layer("batch_normalization").get_weights()]
    assert values == [1.0, 2.0, 3.0, 4.0]
