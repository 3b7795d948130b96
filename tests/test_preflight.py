"""The look at the data before the first step."""

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors, preflight

INFO = dataset.DatasetInfo("toy", tuple(dataset.Category(str(i), (0, 0, 0)) for i in range(3)), ())


def batches(*semantic: list[int], pixel: float = 7.0) -> tf.data.Dataset:
    """Batches of one image, one row of labels each."""
    maps = np.array(semantic, np.int32)[:, None, None, :]
    image = np.full([*maps.shape, 3], pixel, np.float32)
    names = np.array([[f"image {index}"] for index in range(len(maps))])
    return tf.data.Dataset.from_tensor_slices({"image": image, "semantic": maps, "key": names})


def test_good_labels_pass() -> None:
    preflight.check(batches([0, 1, 2, 255]), INFO)
    preflight.check(batches([255, 255], [255, 255], [0, 255]), INFO)


@pytest.mark.parametrize("wrong", [3, 254, -1])
def test_a_label_out_of_range_is_named(wrong: int) -> None:
    with pytest.raises(errors.UserError, match=rf"image 1: train ids \[{wrong}\] on 2 pixels.*0\.\.2"):
        preflight.check(batches([255, 255, 255], [wrong, 0, wrong]), INFO)


def test_nothing_labelled() -> None:
    with pytest.raises(errors.UserError, match="first 2 images .*image 0, image 1.*void"):
        preflight.check(batches([255], [255]), INFO)


@pytest.mark.parametrize("pixel", [-1.0, 300.0, float("nan")])
def test_pixels_out_of_range(pixel: float) -> None:
    with pytest.raises(errors.UserError, match=r"image 0: pixels .* 0\.\.255"):
        preflight.check(batches([0], pixel=pixel), INFO)
