"""overlap: what lies over what, and that no mask is lost."""

import numpy as np

from seg_models import dataset
from seg_models.raw import overlap


def thing(rows: slice, columns: slice, is_crowd: bool = False) -> dataset.Object:
    mask = np.zeros((6, 8), bool)
    mask[rows, columns] = True
    return dataset.Object(0, 0, is_crowd, mask)


def test_small_over_large_and_crowds_below() -> None:
    large, small = thing(slice(0, 4), slice(0, 6)), thing(slice(1, 3), slice(1, 3))
    crowd, apart = thing(slice(3, 5), slice(5, 6), is_crowd=True), thing(slice(5, 6), slice(0, 8))
    instance, objects = overlap.resolve(6, 8, (small, large, crowd, apart))
    expected = np.zeros((6, 8), int)
    expected[3:5, 5:6], expected[0:4, 0:6], expected[1:3, 1:3], expected[5] = 3, 2, 1, 4
    np.testing.assert_array_equal(instance, expected)
    assert [each.instance for each in objects] == [1, 2, 3, 4]
    assert objects[0].mask is None and objects[3].mask is None
    np.testing.assert_array_equal(objects[1].mask, large.mask)
    np.testing.assert_array_equal(objects[2].mask, crowd.mask)


def test_what_is_covered_wholly_keeps_its_mask_and_empty_masks_have_no_instance() -> None:
    one, same, empty = thing(slice(0, 2), slice(0, 2)), thing(slice(0, 2), slice(0, 2)), thing(slice(0, 0), slice(0, 0))
    instance, objects = overlap.resolve(6, 8, (one, same, empty))
    assert np.unique(instance).tolist() == [0, 2]
    assert [each.instance for each in objects] == [0, 2, 0]
    np.testing.assert_array_equal(objects[0].mask, one.mask)
    assert objects[1].mask is None and not objects[2].mask.any()


def test_more_than_255_objects() -> None:
    masks = np.eye(300, dtype=bool).reshape(300, 10, 30)
    instance, objects = overlap.resolve(10, 30, [dataset.Object(0, 0, mask=mask) for mask in masks])
    assert instance.ravel().tolist() == list(range(1, 301))
    assert all(each.mask is None for each in objects)
