"""The model contract: weights of pixels, the loss that people read, what counts as a weight."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import model
from seg_models.losses import cross_entropy
from tests import tiny_models

INFO = tiny_models.INFO


class TwoTerms(model.SegmentationModel):
    """A model whose loss terms are known numbers."""

    loss_names = ("first", "second")

    def loss_terms(self, batch: model.Batch, outputs: model.Outputs) -> dict[str, tf.Tensor]:
        """2 and 3 times the mean of the outputs."""
        return {"first": 2 * tf.reduce_mean(outputs["semantic"]), "second": 3 * tf.reduce_mean(outputs["semantic"])}


def network() -> keras.Model:
    """[B, H, W, 3] -> {"semantic": [B, H, W, C]}; the output is the weight that all kernels share, times the image."""
    image = keras.Input((None, None, 3))
    kernel = keras.initializers.Constant(1 / 3)
    layer = keras.layers.Conv2D(INFO.num_categories, 1, use_bias=False, kernel_initializer=kernel)
    return keras.Model(image, {"semantic": layer(image)}, name="plain")


def ones(count: int = 2) -> dict[str, tf.Tensor]:
    return {"image": tf.ones([count, 4, 4, 3])}


def test_the_loss_is_the_sum_of_its_terms_and_all_are_logged() -> None:
    built = TwoTerms(INFO, network())
    built.compile(optimizer=keras.optimizers.SGD(0.0))
    data = tf.data.Dataset.from_tensors((ones()["image"], ones())).repeat(3)
    logged = built.fit(data, verbose=0).history
    assert {name: values[0] for name, values in logged.items()} == pytest.approx({"loss": 5, "first": 2, "second": 3})
    built.network.layers[-1].kernel.assign(built.network.layers[-1].kernel * 10)
    assert built.fit(data, verbose=0).history["loss"][0] == pytest.approx(50), "an epoch forgets the one before"


def test_the_gradient_is_of_the_sum() -> None:
    built = TwoTerms(INFO, network())
    kernel = built.network.layers[-1].kernel
    before = kernel.numpy()
    built.compile(optimizer=keras.optimizers.SGD(1.0))
    built.fit(tf.data.Dataset.from_tensors((ones()["image"], ones())), verbose=0)
    np.testing.assert_allclose(before - kernel.numpy(), 5 / INFO.num_categories, rtol=1e-5)


def test_pixels_weigh_what_their_class_weighs() -> None:
    built = model.SemanticModel(INFO, network(), cross_entropy.Config())
    built.class_weights = (1.0, 2.0, 3.0, 4.0, 5.0)
    batch = {"semantic": tf.constant([[[0, 4, INFO.void]], [[1, 2, 3]]]), "weight": tf.constant([1.0, 0.0])}
    assert built.pixel_weights(batch).numpy().tolist() == [[[1, 5, 0]], [[0, 0, 0]]]


def test_class_weights_count_in_the_loss() -> None:
    """Logits log 3 for the truth at one pixel of class 0 and 0 everywhere at one of class 1."""
    built = model.SemanticModel(INFO, network(), cross_entropy.Config())
    built.class_weights = (3.0, 1.0, 1.0, 1.0, 1.0)
    batch = {"semantic": tf.constant([[[0, 1]]]), "weight": tf.ones([1])}
    outputs = {"semantic": tf.constant([[[[np.log(4.0), 0, 0, 0, 0], [0.0] * 5]]], tf.float32)}
    expected = (3 * np.log(8 / 4) + np.log(5)) / 4
    assert float(built.loss_terms(batch, outputs)["semantic"]) == pytest.approx(expected)


def test_logits_are_enlarged_to_the_truth() -> None:
    """Two logits over four pixels: half-pixel centres put them at 1, 3/4, 1/4 and 0 of the way."""
    built = model.SemanticModel(INFO, network(), cross_entropy.Config())
    outputs = {"semantic": tf.constant([[[[8.0, 0, 0, 0, 0], [0.0] * 5]]])}
    batch = {"semantic": tf.zeros([1, 1, 4], tf.int32), "weight": tf.ones([1])}
    expected = np.mean([np.log(np.exp(logit) + 4) - logit for logit in (8, 6, 2, 0)])
    assert float(built.loss_terms(batch, outputs)["semantic"]) == pytest.approx(expected, rel=1e-5)


def test_the_network_s_weights_are_all_there_are() -> None:
    built = model.SemanticModel(INFO, network(), cross_entropy.Config())
    assert [id(weight) for weight in built.trainable_variables] == [id(weight) for weight in built.network.weights]
    assert built.name == "plain" and built.tasks == ("semantic",) and built.info is INFO


def test_half_precision_begins_behind_the_preprocessing() -> None:
    """bfloat16 holds whole numbers alone above 128, and even ones above 256."""
    with tiny_models.precision("mixed_bfloat16"):
        image = keras.Input((None, None, 3))
        preprocessed = keras.layers.Rescaling(1.0, dtype="float32")(image)
        plain = keras.Model(image, {"semantic": preprocessed}, name="plain")
        built = model.SegmentationModel(INFO, plain)
        given = tf.fill([1, 2, 2, 3], 254.6)
        np.testing.assert_array_equal(built(given)["semantic"], given)
        np.testing.assert_array_equal(tf.function(built)(given)["semantic"], given)


@pytest.mark.parametrize("size", ((4, 6), (8, 3)))
def test_resizing_in_a_graph_of_unknown_sizes(size: tuple[int, int]) -> None:
    """To its own size and another one: values and gradients are those of the plain resizing."""

    def cost(values: tf.Tensor, function: Callable[..., tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(values)
            resized = function(values, tf.constant(size))
            total = tf.reduce_sum(resized**2)
        return resized, tape.gradient(total, values)

    features = tf.random.stateless_normal((2, 4, 6, 3), seed=(0, 0))
    unknown = tf.TensorSpec((None, None, None, 3))
    found = tf.function(lambda values: cost(values, model.resize), input_signature=[unknown])(features)
    for one, wanted in zip(found, cost(features, tf.image.resize)):
        np.testing.assert_allclose(one, wanted, rtol=1e-6)
