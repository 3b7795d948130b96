"""What modules say of themselves, read without importing them."""

from pathlib import Path

import pytest

from pipeline import docstrings


def test_first_lines_are_read_without_importing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "made_up_package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "one.py").write_text('"""First line.\n\nMore."""\nraise RuntimeError("imported")\n')
    (folder / "silent.py").write_text("raise RuntimeError\n")
    (folder / "deep").mkdir()
    (folder / "deep" / "__init__.py").write_text('"""A folder."""\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    assert docstrings.first_lines("made_up_package") == {"deep": "A folder.", "one": "First line.", "silent": ""}
