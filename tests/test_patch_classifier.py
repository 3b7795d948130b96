"""The patch classifier: the paper's network, the same scores from convolutions alone, what it learns from."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors
from seg_models.models import patch_classifier
from tests import tiny_models

SMALL = patch_classifier.Config(patch=19, kernels=(4, 3, 2), channels=4, hidden=6, training_stride=4)


def noise(height: int, width: int) -> tf.Tensor:
    """Float32 0..255 [2, height, width, 3]."""
    return tf.random.stateless_uniform((2, height, width, 3), seed=(0, 0), maxval=255.0)


def classifier(network: keras.Model) -> keras.Model:
    return network.get_layer("semantic").classifier


def fully_convolutional(patches: keras.Model, padded: tf.Tensor) -> tf.Tensor:
    """The classifier's weights over a whole padded image: each pooling gives up its stride, what follows dilates."""
    features, rate = padded, 1
    for layer in patches.layers:
        if isinstance(layer, keras.layers.Conv2D):
            features = tf.nn.conv2d(features, layer.kernel, 1, "VALID", dilations=rate) + layer.bias
        elif isinstance(layer, keras.layers.MaxPooling2D):
            features = tf.nn.pool(features, [2, 2], "MAX", dilations=[rate, rate])
            rate *= 2
        elif isinstance(layer, keras.layers.ReLU):
            features = tf.nn.relu(features)
    return features


def test_convolutions_alone_give_the_same_scores() -> None:
    keras.utils.set_random_seed(0)
    network, image = patch_classifier.build(SMALL, tiny_models.INFO).network, noise(13, 17)
    margin = SMALL.patch // 2
    padded = np.pad(image / 127.5 - 1, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode="reflect")
    wanted = fully_convolutional(classifier(network), padded)
    assert wanted.shape == (2, 13, 17, 5) and np.std(wanted) > 1e-3
    np.testing.assert_allclose(network(image)["semantic"], wanted, atol=1e-5)


def test_sizes_and_parameters_of_the_paper() -> None:
    info = dataset.DatasetInfo("em", tuple(dataset.Category(name, (0, 0, 0)) for name in "ab"), ())
    patches = classifier(patch_classifier.build(patch_classifier.Config(), info).network)
    sides = [layer.output.shape[1] for layer in patches.layers if layer.name[:4] in ("conv", "pool")]
    # Each convolution's layers have one size: convolution, normalisation, ReLU.
    assert sorted(set(sides), reverse=True) == [92, 46, 42, 21, 18, 9, 6, 3]
    convolutions = 48 * (16 * 3 + 1) + 48 * (25 * 48 + 1) + 2 * 48 * (16 * 48 + 1)
    assert patches.count_params() == convolutions + 200 * (9 * 48 + 1) + 2 * (200 + 1)
    assert patch_classifier.Config(patch=65, kernels=(4, 4, 5)).side == 5


def test_stride_leaves_pixels_out() -> None:
    keras.utils.set_random_seed(0)
    every = patch_classifier.build(SMALL, tiny_models.INFO).network
    keras.utils.set_random_seed(0)
    fourth = patch_classifier.build(patch_classifier.Config(**{**vars(SMALL), "stride": 2}), tiny_models.INFO).network
    image = noise(8, 12)
    np.testing.assert_allclose(fourth(image)["semantic"], every(image)["semantic"][:, 1::2, 1::2], atol=1e-5)


def test_the_loss_reads_the_truth_where_the_scores_are() -> None:
    built = patch_classifier.build(SMALL, tiny_models.INFO)
    batch = tiny_models.batch(0, 2, (16, 24))
    outputs = built(batch["image"], training=True)
    assert outputs["semantic"].shape == (2, 4, 6, 5)
    truth = batch["semantic"].numpy()[:, 2::4, 2::4]
    known = truth != tiny_models.INFO.void
    likelihood = tf.nn.log_softmax(outputs["semantic"]).numpy()
    wanted = -np.take_along_axis(likelihood, np.where(known, truth, 0)[..., None], axis=-1)[..., 0][known].mean()
    assert known.any() and float(built.loss_terms(batch, outputs)["semantic"]) == pytest.approx(wanted, rel=1e-5)


def test_impossible_settings() -> None:
    with pytest.raises(errors.UserError, match="expected an odd patch"):
        patch_classifier.Config(patch=64)
    with pytest.raises(errors.UserError, match="every pooling half"):
        patch_classifier.Config(patch=65)
    with pytest.raises(errors.UserError, match="`chunk` is 0"):
        patch_classifier.Config(chunk=0)
