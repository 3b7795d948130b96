"""dataset: what follows from the number of classes."""

import pytest

from seg_models import dataset

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


def test_an_item_knows_its_paths_by_role() -> None:
    item = dataset.Item("a", (("image", "i/a.jpg"), ("mask", "m/a.png")))
    assert item.path("mask") == "m/a.png"
    with pytest.raises(KeyError):
        item.path("instance")
