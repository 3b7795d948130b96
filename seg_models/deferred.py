"""A field of a dataclass that may be given as a function, which is called when the field is first read."""

from collections.abc import Callable
from typing import Any


class Deferred:
    """The field's descriptor; its default is None. What nobody reads, such as a map in a conversion, costs no time."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return None  # what dataclasses take for the default
        value = instance.__dict__[self._name]
        if callable(value):
            value = instance.__dict__[self._name] = value()
        return value

    def __set__(self, instance: Any, value: Any | Callable[[], Any]) -> None:
        instance.__dict__[self._name] = value
