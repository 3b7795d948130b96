"""Annotations well-formed and wrong: keys missing, other kinds of values, entries twice, names that lead out."""

import io
import itertools
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import conftest, json_damage, raw_tree

# All damages where time is given, otherwise this many of each data set, evenly spread.
FEW = 20
LISTS = (".txt", ".lst", ".csv")


@pytest.fixture(scope="module", params=raw_tree.NAMES)
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> raw_tree.RawTree:
    """Each data set's made tree; a test leaves it as it was."""
    return raw_tree.make(request.param, tmp_path_factory.mktemp(request.param) / "raw")


def json_files(tree: raw_tree.RawTree) -> Iterator[tuple[Path, object]]:
    """One JSON file of each kind, told by its topmost keys."""
    seen = set()
    for path in sorted(tree.root.rglob("*.json")):
        # Full ADE20K is not UTF-8.
        content = json.loads(path.read_text("latin-1"))
        kind = tuple(content) if isinstance(content, dict) else ()
        if kind not in seen:
            seen.add(kind)
            yield path, content


def test_damaged_json_never_ends_in_a_traceback(tree: raw_tree.RawTree) -> None:
    every = [(path, *damage) for path, content in json_files(tree) for damage in json_damage.damages(content)]
    step = 1 if os.environ.get(conftest.SLOW) else -(-len(every) // FEW) or 1
    held_against = []
    for path, what, content in every[::step]:
        with raw_tree.damaged(path, json.dumps(content).encode()):
            try:
                raw_tree.error_of(tree.load_all)
            except Exception as error:  # whatever else it is, is the fault that is looked for
                held_against.append(f"{path.name}, {what}: {type(error).__name__} {error}")
    assert not held_against, "\n".join(held_against)


def led_away(tree: raw_tree.RawTree, outside: Path) -> Iterator[tuple[Path, str, bytes]]:
    """(file, what was done, its content) for every kind of file name in it, made to lead to a copy outside the data."""
    for path, content in json_files(tree):
        for keys in json_damage.texts(content):
            for name in names_outside(tree, outside, str(json_damage.value_at(content, keys))):
                yield path, f"{keys} = {name}", json.dumps(json_damage.replaced(content, keys, name)).encode()
    for path in sorted(found for found in tree.root.rglob("*") if found.suffix in LISTS):
        text = path.read_text()
        words = next((line.split() for line in text.splitlines() if line.strip() and line[0] != "#"), [])
        for word in words[:2]:
            for name in names_outside(tree, outside, word):
                yield path, f"{word} = {name}", text.replace(word, name).encode()


def names_outside(tree: raw_tree.RawTree, outside: Path, name: str) -> Iterator[str]:
    """A name's copy outside, as an absolute path and relative to where the file lies."""
    wanted = Path(name.lstrip("/"))
    for path in tree.root.rglob("*"):
        if path.is_file() and wanted.name and wanted.name in (path.name, path.stem):
            copy = outside / path.name
            shutil.copy(path, copy)
            shown = copy.with_suffix(wanted.suffix)
            yield str(shown)
            yield os.path.relpath(shown, path.parent)


def test_no_name_leads_out_of_the_data(
    tree: raw_tree.RawTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = list(led_away(tree, tmp_path))
    opened: list[str] = []
    native = io.open

    def spied(path: object, *arguments: object, **options: object) -> object:
        opened.append(os.path.realpath(str(path)))
        return native(path, *arguments, **options)

    held_against = []
    for path, what, content in itertools.islice(attempts, None, None, -(-len(attempts) // FEW) or 1):
        with raw_tree.damaged(path, content), monkeypatch.context() as patch:
            patch.setattr(io, "open", spied)
            raw_tree.error_of(tree.load_all)
        if any(name.startswith(f"{tmp_path}{os.sep}") for name in opened):
            held_against.append(f"{path.name}, {what}: read")
        opened.clear()
    assert not held_against, "\n".join(held_against)


def test_a_line_twice_in_a_list_gives_no_item_twice(tree: raw_tree.RawTree) -> None:
    held_against = []
    count = tree.load_all()
    for path in sorted(found for found in tree.root.rglob("*") if found.suffix in LISTS[:2]):
        text = path.read_text()
        if not text.strip():
            continue
        with raw_tree.damaged(path, (text + text.splitlines()[-1] + "\n").encode()):
            told = raw_tree.error_of(tree.load_all)
            if told is None and tree.load_all() != count:
                held_against.append(f"{path.name}: {tree.load_all()} items in place of {count}")
    assert not held_against, "\n".join(held_against)
