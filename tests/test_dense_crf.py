"""The fully connected CRF against sums over all pairs of pixels."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import errors, permutohedral_lattice
from seg_models.refinements import dense_crf


def scene(batch: int = 2, height: int = 14, width: int = 17, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Images of two smooth colours, float32 [B, H, W, 3], and noisy probabilities of the classes [B, H, W, C]."""
    random = np.random.default_rng(4)
    right = (np.arange(width) >= width // 2)[None, None, :, None]
    image = np.where(right, [200.0, 40, 40], [30.0, 90, 180]) + random.normal(0, 2, (batch, height, width, 3))
    scores = random.normal(0, 1, (batch, height, width, classes))
    scores[..., 0] += 1.2 * ~right[..., 0]
    scores[..., 1] += 1.2 * right[..., 0]
    powers = np.exp(scores)
    return image.astype(np.float32), (powers / powers.sum(-1, keepdims=True)).astype(np.float32)


def kernel(features: np.ndarray) -> np.ndarray:
    """exp(-|f_i - f_j|^2 / 2) of float [N, d]: [N, N]."""
    return np.exp(-0.5 * np.square(features[:, None] - features[None]).sum(-1))


def normalised(matrix: np.ndarray) -> np.ndarray:
    scale = 1 / np.sqrt(matrix.sum(1))
    return scale[:, None] * matrix * scale


def naive(config: dense_crf.Config, image: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Mean field over all pairs of pixels of one image, float64 [H, W, C]."""
    height, width, classes = probabilities.shape
    place = np.stack(np.mgrid[:height, :width], -1).reshape(-1, 2)
    colored = np.concatenate([place / config.appearance_position, image.reshape(-1, 3) / config.appearance_color], 1)
    similar, close = normalised(kernel(colored)), normalised(kernel(place / config.smoothness_position))
    unary = np.log(probabilities.reshape(-1, classes).astype(np.float64))
    marginals = np.exp(unary)
    for _ in range(config.iterations):
        powers = np.exp(
            unary + config.appearance_weight * similar @ marginals + config.smoothness_weight * close @ marginals
        )
        marginals = powers / powers.sum(1, keepdims=True)
    return marginals.reshape(height, width, classes)


@pytest.mark.parametrize("dimensions", [2, 5])
def test_the_lattice_filters_like_the_sum_over_all_pairs(dimensions: int) -> None:
    random = np.random.default_rng(dimensions)
    features = random.uniform(0, 2, (600, dimensions)).astype(np.float32)
    values = random.uniform(0, 1, (600, 2)).astype(np.float32)
    groups = (np.arange(600) % 2).astype(np.int32)
    lattice = permutohedral_lattice.build(tf.constant(features), tf.constant(groups))
    assert np.allclose(lattice.weights.numpy().sum(1), 1, atol=1e-4) and lattice.weights.numpy().min() > -1e-4
    found = lattice.filter(tf.constant(values)).numpy()
    # The blur has the Gaussian's shape, not its height: the kernel is compared after normalisation.
    ones = lattice.filter(tf.ones([600, 1])).numpy()
    pairs = kernel(features) * (groups[:, None] == groups)
    np.testing.assert_allclose(found / ones, pairs @ values / pairs.sum(1, keepdims=True), atol=0.02)
    elsewhere = lattice.filter(tf.constant(values * (groups == 0)[:, None])).numpy()
    assert not elsewhere[groups == 1].any() and elsewhere[groups == 0].all()


def test_marginals_are_those_of_the_sum_over_all_pairs() -> None:
    config = dense_crf.Config(appearance_position=20.0, appearance_color=10.0, appearance_weight=2.0)
    image, probabilities = scene()
    found = tf.function(lambda *given: dense_crf.refine(config, *given))(image, probabilities).numpy()
    expected = np.stack([naive(config, *each) for each in zip(image, probabilities)])
    assert np.abs(found - expected).mean() < 0.01 and np.abs(found - expected).max() < 0.1
    right = np.arange(image.shape[2]) >= image.shape[2] // 2
    before = (probabilities.argmax(-1) == right).mean()
    assert before < 0.8 < 0.98 < (found.argmax(-1) == right).mean()


def test_without_edges_nothing_changes() -> None:
    image, probabilities = scene()
    config = dense_crf.Config(appearance_weight=0.0, smoothness_weight=0.0)
    np.testing.assert_allclose(dense_crf.refine(config, image, probabilities), probabilities, atol=1e-5)


def test_bad_settings() -> None:
    with pytest.raises(errors.UserError, match="`appearance_color` is 0"):
        dense_crf.Config(appearance_color=0.0)
