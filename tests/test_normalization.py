"""Normalisation: what is chosen for which batch, how far averages look back, groups by hand."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import errors
from seg_models.layers import normalization

Norm = normalization.Norm


def resolve(norm: Norm, batch: int = 8, replicas: int = 1, steps: int = 300, pretrained: bool = False) -> Norm:
    return normalization.resolve(norm, per_replica_batch=batch, replicas=replicas, steps=steps, pretrained=pretrained)


@pytest.mark.parametrize(
    ("batch", "replicas", "pretrained", "kind"),
    [
        (8, 1, False, "batch"),
        (16, 1, True, "batch"),
        (8, 2, False, "sync_batch"),
        (8, 2, True, "sync_batch"),
        (7, 1, False, "group"),
        (7, 1, True, "frozen"),
        (4, 2, False, "sync_batch"),
        (4, 2, True, "frozen"),
        (3, 2, False, "group"),
        (1, 8, False, "sync_batch"),
    ],
)
def test_what_auto_becomes(
    batch: int, replicas: int, pretrained: bool, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "segline"):
        assert resolve(Norm(), batch, replicas, pretrained=pretrained).kind == kind
    assert bool(caplog.records) == (batch < 8)
    assert batch >= 8 or (f"{batch} images a replica" in caplog.text and f"`{kind}`" in caplog.text)


@pytest.mark.parametrize(
    ("kind", "batch", "replicas", "warns"),
    [
        ("batch", 8, 1, False),
        ("batch", 4, 8, True),
        ("sync_batch", 4, 2, False),
        ("sync_batch", 3, 2, True),
        ("group", 1, 1, False),
        ("frozen", 1, 1, False),
    ],
)
def test_what_the_user_chose_stays_perhaps_with_a_warning(
    kind: str, batch: int, replicas: int, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "segline"):
        assert resolve(Norm(kind), batch, replicas).kind == kind
    assert bool(caplog.records) == warns


@pytest.mark.parametrize(("steps", "momentum"), [(1, 0.9), (50, 0.9), (300, 0.9667), (30_000, 0.9997), (10**6, 0.9997)])
def test_averages_look_back_over_a_tenth_of_the_run(steps: int, momentum: float) -> None:
    assert resolve(Norm(), steps=steps).momentum == pytest.approx(momentum, abs=5e-5)
    assert resolve(Norm(momentum=0.5), steps=steps).momentum == 0.5


def test_the_layers_of_each_kind() -> None:
    batch = Norm("batch", momentum=0.8, epsilon=0.1).layer("named")
    assert isinstance(batch, keras.layers.BatchNormalization) and batch.trainable and not batch.synchronized
    assert (batch.momentum, batch.epsilon, batch.name) == (0.8, 0.1, "named")
    assert Norm("sync_batch").layer().synchronized
    assert not Norm("frozen").layer(pretrained=True).trainable
    for kind in ("group", "frozen"):
        assert isinstance(Norm(kind, epsilon=0.1).layer(), normalization.GroupNormalization)
    assert isinstance(Norm("group").layer(pretrained=True), normalization.GroupNormalization)


def test_frozen_statistics_stay_and_are_used() -> None:
    layer = Norm("frozen", epsilon=0.0).layer(pretrained=True)
    layer.build((None, None, None, 1))
    layer.set_weights([np.array([2.0]), np.array([1.0]), np.array([3.0]), np.array([4.0])])
    assert float(layer(tf.constant([[[[7.0]]]]), training=True)) == pytest.approx((7 - 3) / 2 * 2 + 1)
    assert [float(weight) for weight in layer.get_weights()] == [2, 1, 3, 4] and not layer.trainable_weights


def test_an_unknown_kind_is_named_with_its_neighbour() -> None:
    with pytest.raises(errors.UserError, match="Did you mean `batch`"):
        Norm("bach")


@pytest.mark.parametrize(("channels", "groups"), [(1, 1), (3, 1), (8, 2), (12, 3), (64, 16), (96, 24), (256, 32)])
def test_groups_are_normalised_each_on_its_own(channels: int, groups: int) -> None:
    random = np.random.default_rng(0)
    features = random.normal(3, 2, (2, 3, 4, channels)).astype(np.float32)
    scale, shift = random.normal(size=(2, channels)).astype(np.float32)
    layer = normalization.GroupNormalization(epsilon=0.01)
    layer.build(features.shape)
    layer.set_weights([scale, shift])
    parts = features.reshape(2, 12, groups, channels // groups)
    mean, variance = parts.mean((1, 3), keepdims=True), parts.var((1, 3), keepdims=True)
    expected = ((parts - mean) / np.sqrt(variance + 0.01)).reshape(features.shape) * scale + shift
    np.testing.assert_allclose(layer(features), expected, atol=1e-4)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_groups_of_half_precision_are_those_of_float32(dtype: str) -> None:
    """A large image far from 0, whose mean and scale would lose digits on the way."""
    features = tf.constant(np.random.default_rng(0).normal(8, 1, (1, 256, 256, 8)), dtype)
    before = keras.mixed_precision.global_policy()
    exact = normalization.GroupNormalization()(tf.cast(features, tf.float32))
    keras.mixed_precision.set_global_policy(f"mixed_{dtype}")
    try:
        layer = normalization.GroupNormalization()
        found = layer(features)
    finally:
        keras.mixed_precision.set_global_policy(before)
    assert found.dtype == dtype and {weight.dtype for weight in layer.weights} == {tf.float32}
    np.testing.assert_array_equal(found, tf.cast(exact, dtype))


def test_one_pixel_still_says_something() -> None:
    layer = normalization.GroupNormalization()
    pooled = tf.constant(np.random.default_rng(0).normal(size=(1, 1, 1, 8)), tf.float32)
    assert np.abs(layer(pooled)).min() > 0


def test_a_saved_layer_comes_back() -> None:
    layer = normalization.GroupNormalization(epsilon=0.25, name="mine")
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert isinstance(again, normalization.GroupNormalization)
    assert (again.epsilon, again.name) == (0.25, "mine")
