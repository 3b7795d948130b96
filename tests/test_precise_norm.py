"""Statistics over all images by hand, whatever the batches, replicas, averages and precision."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import average, errors, model, precise_norm
from seg_models.layers import dropout
from tests import conftest, tiny_models

IMAGES = np.random.default_rng(0).uniform(0, 255, (12, 4, 6, 3)).astype(np.float32)


def network(synchronized: bool = False) -> model.SegmentationModel:
    """Of two batch normalisations, the second sees what the first has normalised with its batch's statistics."""
    image = keras.Input((None, None, 3))
    features = keras.layers.BatchNormalization(name="first", epsilon=0.1, synchronized=synchronized)(image)
    features = dropout.Dropout(0.0, name="drop")(features)
    initializer = keras.initializers.Constant(np.random.default_rng(1).normal(size=(1, 1, 3, 2)))
    features = keras.layers.Conv2D(2, 1, use_bias=False, kernel_initializer=initializer, name="kernel")(features)
    features = keras.layers.BatchNormalization(name="second", synchronized=synchronized)(features)
    return model.SegmentationModel(tiny_models.INFO, keras.Model(image, features))


def expected(batches: list[np.ndarray], kernel: np.ndarray) -> list[np.ndarray]:
    """Means and variances, [C], of what the two layers are given over all batches [B, H, W, 3]."""
    images = np.concatenate(batches).astype(np.float64)
    normal = [
        (batch - batch.mean((0, 1, 2), np.float64)) / np.sqrt(batch.var((0, 1, 2), np.float64) + 0.1)
        for batch in batches
    ]
    second = np.concatenate(normal) @ kernel[0, 0].astype(np.float64)
    return [values for features in (images, second) for values in (features.mean((0, 1, 2)), features.var((0, 1, 2)))]


def statistics(built: model.SegmentationModel) -> list[np.ndarray]:
    layers = [built.network.get_layer(name) for name in ("first", "second")]
    return [weight.numpy() for layer in layers for weight in (layer.moving_mean, layer.moving_variance)]


def close(found: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    for first, second in zip(found, wanted, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-5)


def images(batch_size: int) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(IMAGES).batch(batch_size)


def test_the_statistics_are_those_of_all_images_and_then_everything_is_as_before() -> None:
    built = network()
    precise = precise_norm.build(built, images(4), tf.distribute.get_strategy())
    before = [weight.numpy() for weight in built.network.variables]
    for factor in (1.0, 3.0):
        kernel = built.network.get_layer("kernel").kernel
        kernel.assign(kernel * factor)
        with precise.applied():
            close(statistics(built), expected(list(IMAGES.reshape(3, 4, 4, 6, 3)), kernel.numpy()))
        kernel.assign(kernel / factor)
        for weight, value in zip(built.network.variables, before):
            np.testing.assert_allclose(weight, value, rtol=1e-6)


def test_the_images_need_not_fill_the_last_batch() -> None:
    built = network()
    with precise_norm.build(built, images(5), tf.distribute.get_strategy()).applied():
        kernel = built.network.get_layer("kernel").kernel.numpy()
        close(statistics(built), expected([IMAGES[:5], IMAGES[5:10], IMAGES[10:]], kernel))


def test_the_statistics_of_averaged_weights_are_their_own() -> None:
    built = network()
    averaged = average.Average(built.network, decay=0.9)
    kernel = built.network.get_layer("kernel").kernel
    first = kernel.numpy()
    kernel.assign(kernel * 7.0)
    precise = precise_norm.build(built, images(12), tf.distribute.get_strategy())
    with averaged.applied(), precise.applied():
        close(statistics(built), expected([IMAGES], first))
    np.testing.assert_allclose(kernel, first * 7.0, rtol=1e-6)
    close(statistics(built), [np.zeros(3), np.ones(3), np.zeros(2), np.ones(2)])


def test_frozen_layers_keep_theirs_and_without_batch_normalisation_there_is_nothing_to_do() -> None:
    built = network()
    built.network.get_layer("first").trainable = False
    with precise_norm.build(built, images(12), tf.distribute.get_strategy()).applied():
        found = statistics(built)
    # The frozen layer divides by sqrt(1 + 0.1), and nothing else.
    second = IMAGES / np.sqrt(1.1) @ built.network.get_layer("kernel").kernel.numpy()[0, 0]
    close(found, [np.zeros(3), np.ones(3), second.mean((0, 1, 2)), second.var((0, 1, 2))])
    assert precise_norm.build(tiny_models.build("unet", "group"), images(12), tf.distribute.get_strategy()) is None


def test_a_layer_that_cannot_be_reached_is_named() -> None:
    image = keras.Input((None, None, 3))
    inner = keras.Model(image, keras.layers.BatchNormalization(name="deep")(image))
    outer = keras.Input((None, None, 3))
    built = model.SegmentationModel(tiny_models.INFO, keras.Model(outer, inner(outer)))
    with pytest.raises(errors.UserError, match="precise_bn_images.*head/deep/moving_mean"):
        precise_norm.build(built, images(12), tf.distribute.get_strategy())


def test_on_two_replicas() -> None:
    """Replicas normalise their own halves, or all of the batch where normalisation is synchronised."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.test_precise_norm"], cwd=conftest.ROOT, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    kernel = network().network.get_layer("kernel").kernel.numpy()
    for synchronized, batch in ((True, 4), (False, 2)):
        wanted = expected(list(IMAGES.reshape(-1, batch, 4, 6, 3)), kernel)
        close([np.array(each) for each in found[str(synchronized)]], wanted)
    assert found["after"] == [0.0] * 3


def main() -> None:
    """Prints the statistics on two replicas, {synchronized: statistics}, and a mean afterwards."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy, found = tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"]), {}
    for synchronized in (True, False):
        with strategy.scope():
            built = network(synchronized)
        with precise_norm.build(built, images(4), strategy).applied():
            found[str(synchronized)] = [each.tolist() for each in statistics(built)]
        found["after"] = statistics(built)[0].tolist()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
