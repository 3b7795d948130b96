"""dataset: what follows from the number of classes, and the label contract."""

import numpy as np
import pytest

from seg_models import dataset, errors


RAW_VALUES = ((0, 0), (5, 1), (9, 2), (255, None))


def info(count: int = 3, raw_values: tuple[tuple[int, int | None], ...] = RAW_VALUES) -> dataset.DatasetInfo:
    categories = tuple(dataset.Category(f"class {i}", (i % 256, 0, 0), is_thing=i == 1) for i in range(count))
    return dataset.DatasetInfo("made", categories, raw_values)


@pytest.mark.parametrize(("count", "void"), [(1, 255), (255, 255), (256, 65535), (900, 65535)])
def test_void_needs_16_bits_above_255_classes(count: int, void: int) -> None:
    assert info(count).void == void


@pytest.mark.parametrize("count", [1, 11, 65, 66, 134, 900, 3000])
def test_the_highest_panoptic_id_fits_in_16_bits(count: int) -> None:
    made = info(count)
    assert (count - 1) * made.label_divisor + made.label_divisor - 1 < dataset.VOID_16
    assert made.label_divisor == (1000 if count <= 65 else 65535 // count)


def test_names_and_things_are_in_the_order_of_the_train_ids() -> None:
    assert info().names == ("class 0", "class 1", "class 2")
    assert info().thing_ids == (1,)


def test_raw_values_become_train_ids_and_are_counted() -> None:
    semantic, histogram = dataset.to_semantic(np.array([[5, 5, 0], [255, 9, 9]], np.int32), info(), "a.png")
    assert semantic.dtype == np.uint8
    assert semantic.tolist() == [[1, 1, 0], [255, 2, 2]]
    assert histogram == {0: 1, 5: 2, 9: 2, 255: 1}


def test_many_classes_give_16_bit_maps() -> None:
    many = info(300, tuple((value, value) for value in range(300)) + ((400, None),))
    semantic, _ = dataset.to_semantic(np.array([[299, 400]]), many, "a.png")
    assert semantic.dtype == np.uint16
    assert semantic.tolist() == [[299, 65535]]


def test_random_maps_equal_a_lookup_pixel_by_pixel() -> None:
    rng = np.random.default_rng(0)
    raw_values = ((0, 2), (3, None), (70000, 0), (16777215, 1))
    table = {value: 255 if train_id is None else train_id for value, train_id in raw_values}
    raw = rng.choice(list(table), (40, 50)).astype(np.int32)
    semantic, histogram = dataset.to_semantic(raw, info(3, raw_values), "a.png")
    assert semantic.tolist() == [[table[value] for value in row] for row in raw.tolist()]
    assert histogram == {value: int((raw == value).sum()) for value in table}


@pytest.mark.parametrize("value", [1, 4, 10, 254, 256])
def test_an_unlisted_value_names_file_value_and_pixels(value: int) -> None:
    raw = np.zeros((4, 4), np.int32)
    raw[1, :3] = value
    said = rf"^some/mask.png: raw value {value} on 3 pixels is not listed for data set `made`"
    with pytest.raises(errors.DataError, match=said):
        dataset.to_semantic(raw, info(), "some/mask.png")


def test_an_unlisted_colour_is_shown_as_rgb() -> None:
    with pytest.raises(errors.DataError, match=r"65793 = RGB \(1, 1, 1\) on 2 pixels"):
        dataset.to_semantic(np.full((1, 2), 65793), info(), "a.png")


def test_an_item_knows_its_paths_by_role() -> None:
    item = dataset.Item("a", (("image", "i/a.jpg"), ("mask", "m/a.png")))
    assert item.path("mask") == "m/a.png"
    with pytest.raises(KeyError):
        item.path("instance")
