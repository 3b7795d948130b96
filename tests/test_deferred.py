"""deferred: a function is called when the field is first read, once; a value is a value."""

import dataclasses
import pickle

import numpy as np

from seg_models import dataset, deferred


@dataclasses.dataclass(frozen=True, eq=False)
class Holder:
    """Holds one."""

    name: str
    field: np.ndarray | None = deferred.Deferred()


def test_a_function_is_called_once_and_only_when_its_value_is_wanted() -> None:
    calls = []
    holder = Holder("a", lambda: calls.append(1) or np.ones(3))
    assert not calls and holder.name == "a"
    assert holder.field.sum() == 3 and holder.field is holder.field
    assert calls == [1]


def test_a_value_is_a_value_and_the_default_is_none() -> None:
    values = np.zeros(2)
    assert Holder("a", values).field is values
    assert Holder("a").field is None
    assert dataclasses.fields(Holder)[1].default is None


def test_it_is_replaced_and_travels_like_any_field() -> None:
    holder = dataclasses.replace(Holder("a", lambda: np.ones(3)), name="b")
    assert (holder.name, holder.field.tolist()) == ("b", [1, 1, 1])
    assert pickle.loads(pickle.dumps(holder)).field.tolist() == [1, 1, 1]


def test_the_semantic_map_of_an_example_may_wait() -> None:
    example = dataset.Example("k", b"", "png", 1, 1, semantic=lambda: np.full((1, 1), 7, np.uint8))
    assert example.semantic.tolist() == [[7]]
