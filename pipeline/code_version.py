"""What a step computes depends on its code: a hash that TFX's cache sees, so that an edited model is trained anew."""

import ast
import dataclasses
import functools
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from seg_models import config, tuning

PACKAGES = ("seg_models", "components")
ROOT = Path(__file__).resolve().parent.parent


def conversion(experiment: config.Experiment) -> str:
    """The version of the code that writes the records."""
    return of("components.conversion", settings=[experiment.dataset])


def training(experiment: config.Experiment) -> str:
    """The version of the code that learns; the pictures and pages it draws for people do not count.

    Where settings are searched, the code of all that may be chosen counts.
    """
    return of(
        "seg_models.train",
        *_metrics(experiment),
        settings=tuning.considered(experiment),
        without=("seg_models.report", "seg_models.visualize"),
    )


def evaluation(experiment: config.Experiment) -> str:
    """The version of the code that judges."""
    return of("components.evaluator", *_metrics(experiment))


def of(*modules: str, settings: Iterable[object] = (), without: Sequence[str] = ()) -> str:
    """A hash of all project code that the named modules reach by imports, and the modules of the settings' Configs.

    Comments, docstrings and layout do not count, nor do the modules and packages in `without`. What `registry.find`
    loads by name is no import: name it here.
    """
    pending = [*modules, *(module for value in settings for module in _modules_of(value))]
    seen: set[str] = set()
    while pending:
        module = pending.pop()
        if module not in seen and not any(f"{module}.".startswith(f"{left}.") for left in without):
            seen.add(module)
            pending.extend(_read(module)[1])
    text = "".join(f"{module}\n{_read(module)[0]}\n" for module in sorted(seen))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _metrics(experiment: config.Experiment) -> list[str]:
    return [f"seg_models.metrics.{name}" for name in experiment.evaluation.metrics]


def _modules_of(value: object) -> Iterator[str]:
    """The modules of all dataclasses in `value`."""
    if isinstance(value, tuple):
        for inner in value:
            yield from _modules_of(inner)
    elif dataclasses.is_dataclass(value):
        yield type(value).__module__
        for field in dataclasses.fields(value):
            yield from _modules_of(getattr(value, field.name))


@functools.cache
def _read(module: str) -> tuple[str, tuple[str, ...]]:
    """A module's syntax tree as text, and the project modules that it imports anywhere."""
    path = _path(module)
    if path is None:
        raise ModuleNotFoundError(f"no module `{module}` in {ROOT}")
    tree = ast.parse(path.read_text())
    imported = tuple(sorted(name for node in ast.walk(tree) for name in _imports(node)))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            del node.body[0]
    return ast.dump(tree), imported


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and node.module:
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    elif isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        names = []
    yield from (name for name in names if name.split(".")[0] in PACKAGES and _path(name))


def _path(module: str) -> Path | None:
    """The source file of a module; None where the dotted name is a function or class inside one."""
    base = ROOT.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)
