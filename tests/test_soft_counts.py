"""Soft counts of the global batch and of images, and which classes are in a mean."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import errors, known_pixels, soft_counts
from tests import four_pixels, tiny_losses

TRUTH = tf.constant([[4.0, 0.0, 2.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
COSTS = tf.constant([[1.0, 2.0, 4.0], [50.0, 60.0, 70.0], [8.0, 16.0, 32.0]])


def test_sums_leave_void_out_and_multiply_by_the_weight() -> None:
    batch, weight = tiny_losses.batch(), tiny_losses.weight()
    known = known_pixels.of(tiny_losses.INFO, batch, tiny_losses.logits(), weight)
    probabilities = tf.nn.softmax(tiny_losses.logits()).numpy()
    factors = np.where(batch["semantic"] == tiny_losses.INFO.void, 0, weight.numpy().astype(float))[..., None]
    own = batch["semantic"].numpy()[..., None] == np.arange(4)
    for scope, axes in ((soft_counts.Scope(per_image=True), (1, 2)), (soft_counts.Scope(), (0, 1, 2))):
        counts = soft_counts.count(scope, known)
        shape = (2 if scope.per_image else 1, 4)
        wanted = own * probabilities, own, probabilities
        for found, values in zip((counts.both, counts.truth, counts.prediction), wanted):
            np.testing.assert_allclose(found, (factors * values).sum(axes).reshape(shape), rtol=1e-9)
        squared = soft_counts.count(scope, known, squared=True).prediction
        np.testing.assert_allclose(squared, (factors * probabilities**2).sum(axes).reshape(shape), rtol=1e-9)


@pytest.mark.parametrize("per_image", [False, True])
def test_sums_of_millions_of_pixels(per_image: bool) -> None:
    """Added up in turn in float32, a million pixels of weight 0.1417 would be half a percent too few."""
    size = (2, 512, 2048)
    batch, logits = {"semantic": tf.zeros(size, tf.int32)}, tf.zeros((*size, 2))
    known = known_pixels.of(four_pixels.INFO, batch, logits, tf.fill(size, 0.1417))
    (found,) = soft_counts.sums(soft_counts.Scope(per_image=per_image), known, (known.one_hot,))
    expected = 0.1417 * 2**20 * (1 if per_image else 2)
    np.testing.assert_allclose(found, [[expected, 0]] * (2 if per_image else 1), rtol=1e-4)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (soft_counts.Scope(per_image=True), (7 / 3 + 56 / 3) / 2),
        (soft_counts.Scope(per_image=True, only_present=True), (2.5 + 12) / 2),
        (soft_counts.Scope(per_image=True, skip_classes=(0, 2)), (2 + 16) / 2),
        (soft_counts.Scope(per_image=True, only_present=True, skip_classes=(0, 2)), 16),
    ],
)
def test_means_by_hand(scope: soft_counts.Scope, expected: float) -> None:
    """The second image is void; with classes skipped, the first one may show none that counts."""
    assert float(soft_counts.mean(scope, COSTS, TRUTH)) == pytest.approx(expected)


def test_ratios_of_nothing_are_0_or_1() -> None:
    nothing = tf.zeros([1, 2])
    counts = soft_counts.Counts(nothing, nothing, nothing)
    assert counts.dice(0.0).numpy().tolist() == [[0, 0]] and counts.dice(1.0).numpy().tolist() == [[1, 1]]
    assert counts.tversky(0.3, 0.7, 1.0).numpy().tolist() == [[1, 1]]


def test_a_class_must_be_left() -> None:
    assert soft_counts.kept_classes(four_pixels.INFO, (0,)) == [1]
    with pytest.raises(errors.UserError, match="leave a class of `two`"):
        soft_counts.kept_classes(four_pixels.INFO, (1, 0))


@pytest.mark.parametrize("unknown", [2, 7, -1])
def test_only_classes_of_the_data_set_are_skipped(unknown: int) -> None:
    with pytest.raises(errors.UserError, match=f"train ids of `two`, 0 to 1, not {unknown}"):
        soft_counts.kept_classes(four_pixels.INFO, (0, unknown))


def test_train_ids_count_from_0() -> None:
    with pytest.raises(errors.UserError, match="`skip_classes` is"):
        soft_counts.Scope(skip_classes=(-1,))
