"""Class weights from frequencies computed by hand."""

import pytest

from seg_models import class_weights, errors, manifest


def test_median_frequency() -> None:
    """Two images of 100 known pixels: a is in both, b and c in one each, d in none.

    f = 120/200, 50/100, 30/100; their median 0.5 is b's.
    """
    split = manifest.SplitManifest(class_pixels=(120, 50, 30, 0), class_image_pixels=(200, 100, 100, 0))
    weights = class_weights.weights("median_frequency", split)
    assert weights == pytest.approx((0.5 / 0.6, 1.0, 0.5 / 0.3, 1.0))


def test_of_an_even_number_of_classes_the_median_lies_between() -> None:
    split = manifest.SplitManifest(class_pixels=(10, 20, 30, 40), class_image_pixels=(100,) * 4)
    assert class_weights.weights("median_frequency", split) == pytest.approx((2.5, 1.25, 2.5 / 3, 0.625))


def test_none_is_1_for_all() -> None:
    split = manifest.SplitManifest(class_pixels=(10, 0), class_image_pixels=(10, 0))
    assert class_weights.weights("none", split) == (1.0, 1.0)


def test_an_unknown_kind() -> None:
    with pytest.raises(errors.UserError, match="Did you mean `median_frequency`"):
        class_weights.weights("median", manifest.SplitManifest())
