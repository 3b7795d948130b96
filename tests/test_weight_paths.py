"""The paths of weights do not depend on what else the process has built."""

import keras
import pytest
import tensorflow as tf

from seg_models import model, weight_paths
from seg_models.layers import normalization
from tests import tiny_models


@keras.saving.register_keras_serializable(package="segline_tests")
class TwoDense(keras.layers.Layer):
    """A layer with two layers inside, which Keras numbers."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.first, self.second = keras.layers.Dense(3), keras.layers.Dense(3)
        super().build(shape)

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Float [..., 3] -> the same shape."""
        return self.second(self.first(features))


def network() -> model.SegmentationModel:
    """A backbone inside the graph, a model inside the model, layers with and without names."""
    image = keras.Input((8, 8, 3))
    features = keras.layers.Conv2D(3, 1, name="stem")(image)
    features = keras.layers.Conv2D(3, 1)(features)
    backbone = keras.Model(image, features)
    inner = keras.Input((8, 8, 3))
    block = keras.Model(inner, keras.layers.BatchNormalization()(keras.layers.Conv2D(3, 1, name="stem")(inner)))
    features = keras.layers.Conv2D(3, 1)(block(backbone.output))
    features = keras.layers.Conv2D(3, 1, use_bias=False)(features)
    features = normalization.GroupNormalization()(features)
    features = TwoDense(name="pair")(features)
    return model.SegmentationModel(tiny_models.INFO, keras.Model(image, features), backbone=backbone)


EXPECTED = [
    "backbone/stem/kernel", "backbone/stem/bias",
    "backbone/conv2d/kernel", "backbone/conv2d/bias",
    "head/stem/kernel", "head/stem/bias",
    "head/batch_normalization/gamma", "head/batch_normalization/beta",
    "head/batch_normalization/moving_mean", "head/batch_normalization/moving_variance",
    "head/conv2d/kernel", "head/conv2d/bias",
    "head/conv2d_1/kernel",
    "head/group_normalization/gamma", "head/group_normalization/beta",
    "head/pair/dense/kernel", "head/pair/dense/bias", "head/pair/dense_1/kernel", "head/pair/dense_1/bias",
]  # fmt: skip


def test_paths_name_part_layer_and_weight() -> None:
    built = network()
    named = weight_paths.named(built)
    assert sorted(named) == sorted(EXPECTED)
    assert [id(weight) for weight in named.values()] == [id(weight) for weight in built.network.variables]
    assert named["backbone/stem/bias"] is built.network.get_layer("stem").bias
    assert named["head/pair/dense_1/kernel"] is built.network.get_layer("pair").second.kernel


def test_a_second_model_of_the_process_has_the_same_paths_in_the_same_order() -> None:
    assert list(weight_paths.named(network())) == list(weight_paths.named(network()))


@pytest.mark.parametrize("name", sorted(tiny_models.CONFIGS))
def test_every_weight_of_every_model_has_a_path_of_its_own(name: str) -> None:
    first = weight_paths.named(tiny_models.build(name, "batch"))
    second = tiny_models.build(name, "batch")
    assert list(first) == list(weight_paths.named(second))
    assert len(first) == len(second.network.variables)
    assert any(path.startswith("backbone/") for path in first) == bool(second.backbone_weights)


def test_patterns_and_what_is_near_them() -> None:
    paths = ["backbone/stem/kernel", "backbone/stem/bias", "head/conv2d/bias"]
    assert weight_paths.matching("*/bias", paths) == paths[1:]
    assert weight_paths.matching("backbone/*", paths) == paths[:2]
    assert weight_paths.matching("Backbone/*", paths) == []
    assert weight_paths.nearest("head/conv2d/baias", paths)[0] == "head/conv2d/bias"
    assert weight_paths.nearest("qqq", paths) == [paths[0], paths[-1]]
