"""Finding things by name: the name is the file name, so the folder is the registry."""

import difflib
import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from seg_models import errors


def available(package: str) -> list[str]:
    """The names of all modules in `package` (a dotted name), sorted."""
    path = importlib.import_module(package).__path__
    return sorted(module.name for module in pkgutil.iter_modules(path))


def find(package: str, name: str) -> ModuleType:
    """Imports module `name` of `package`; an unknown name raises, naming the known ones and the nearest."""
    check(package.rsplit(".", 1)[-1], name, available(package))
    return importlib.import_module(f"{package}.{name}")


def config(package: str, text: str) -> object:
    """The Config that `text` stands for: the defaults of a module, or for NAME:REST what its `named(REST)` gives."""
    name, colon, rest = text.partition(":")
    module = find(package, name)
    if not colon:
        return module.Config()
    if not hasattr(module, "named"):
        raise errors.UserError(f"`{text}`: nothing is told `{name}` after a `:`; name it alone.")
    return module.named(rest)


def module_of(config: object) -> ModuleType:
    """The module whose Config this is: it builds what the Config describes."""
    return importlib.import_module(type(config).__module__)


def check(kind: str, name: str, known: Iterable[str]) -> None:
    """Raises UserError, naming the known ones and the nearest, where `name` is none of them."""
    known = list(known)
    if name not in known:
        raise errors.UserError(unknown(kind, name, known))


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """The message for a misspelt `name`: the nearest spelling first, then all known names."""
    known = list(known)
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean `{nearest[0]}`?" if nearest else ""
    return f"No `{name}` among {kind}.{hint} Known: {', '.join(known)}."
