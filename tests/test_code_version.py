"""The hash of the code that a step depends on: what changes it, and what does not."""

from pathlib import Path

import pytest

from pipeline import code_version
from seg_models.datasets import toy_streets

FILES = {
    "seg_models/__init__.py": "",
    "seg_models/a.py": '"""A."""\nfrom seg_models import b\ndef f():\n    from seg_models.deep import c\n',
    "seg_models/b.py": "import os\nVALUE = 1\n",
    "seg_models/deep/__init__.py": "",
    "seg_models/deep/c.py": "from seg_models.b import VALUE\n",
    "seg_models/apart.py": "OTHER = 1\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project in place of this one."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(code_version, "ROOT", tmp_path)
    return tmp_path


def version(*, without: tuple[str, ...] = ()) -> str:
    """The version of module a, read anew."""
    code_version._read.cache_clear()
    return code_version.of("seg_models.a", without=without)


@pytest.mark.parametrize("name", ["a", "b", "deep/c"])
def test_code_that_is_reached_counts(project: Path, name: str) -> None:
    before = version()
    with (project / f"seg_models/{name}.py").open("a") as file:
        file.write("ADDED = 1\n")
    assert version() != before


def test_other_code_does_not_count(project: Path) -> None:
    before = version()
    (project / "seg_models/apart.py").write_text("OTHER = 2\n")
    assert version() == before


def test_comments_docstrings_and_layout_do_not_count(project: Path) -> None:
    before = version()
    (project / "seg_models/b.py").write_text('"""New."""\n\nimport os  # why\n\nVALUE = (\n    1\n)\n')
    assert version() == before


def test_what_is_left_out_does_not_count(project: Path) -> None:
    before = version(without=("seg_models.deep",))
    (project / "seg_models/deep/c.py").write_text("X = 1\n")
    assert version(without=("seg_models.deep",)) == before


def test_a_misspelt_module_is_an_error(project: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="seg_models.none"):
        code_version.of("seg_models.none")


def test_the_modules_of_settings_count() -> None:
    code_version._read.cache_clear()
    assert code_version.of("seg_models.errors") != code_version.of(
        "seg_models.errors", settings=[(toy_streets.Config(),)]
    )
