"""What each module of a package says of itself, read without importing it."""

import ast
import importlib.util
from pathlib import Path

from seg_models import registry


def first_lines(package: str) -> dict[str, str]:
    """Name of each module of `package` -> the first line of its docstring."""
    folder = Path(importlib.util.find_spec(package).submodule_search_locations[0])
    return {name: _first_line(folder, name) for name in registry.available(package)}


def _first_line(folder: Path, name: str) -> str:
    path = folder / f"{name}.py"
    source = path if path.is_file() else folder / name / "__init__.py"
    docstring = ast.get_docstring(ast.parse(source.read_text())) or ""
    return docstring.partition("\n")[0]
