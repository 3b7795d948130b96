"""Foreground: what is named, else things, else all but the background."""

import pytest

from seg_models import dataset, errors, foreground


def info(things: str = "", names: str = "abc") -> dataset.DatasetInfo:
    categories = tuple(dataset.Category(each, (0, 0, 0), is_thing=each in things) for each in names)
    return dataset.DatasetInfo("letters", categories, ())


def test_names_come_first_then_things_then_all_but_the_first() -> None:
    assert foreground.ids(info(things="b"), ("c", "a")) == (2, 0)
    assert foreground.ids(info(things="ab")) == (0, 1)
    assert foreground.ids(info()) == (1, 2)


def test_an_unknown_class_and_nothing_at_all() -> None:
    with pytest.raises(errors.UserError, match="`d` is no class of letters; expected some of a, b, c"):
        foreground.ids(info(), ("a", "d"))
    with pytest.raises(errors.UserError, match="single class"):
        foreground.ids(info(names="a"))
